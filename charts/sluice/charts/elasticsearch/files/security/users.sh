#!/usr/bin/env bash
# Makes the file of users (name:hash) of the folder /etc/passwords, which has a password in a file for each user. The
# passwords are random and long: nothing is gained by a hash that takes long, and each request would pay for it.
set -euo pipefail

# The salt, 8 bytes, and the SHA-256 of password and salt, both in base64.
hash() {
  local salt=$1 password=$2
  printf '{SSHA256}%s' "$(printf %s "$salt" | base64)"
  printf '%b' "$(printf '%s%s' "$password" "$salt" | sha256sum | sed 's/ .*//; s/../\\x&/g')" | base64
}

for file in /etc/passwords/*; do
  salt=$(head -c 6 /dev/urandom | base64)
  echo "$(basename "$file"):$(hash "$salt" "$(<"$file")")"
done
