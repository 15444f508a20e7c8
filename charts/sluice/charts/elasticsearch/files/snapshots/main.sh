#!/usr/bin/env bash
# Does with the repository of snapshots what ACTION says: take (unless it is set), list or restore.
set -euo pipefail

fail() {
  echo "error: $*" >&2
  exit 1
}

# ask METHOD PATH FAULT …: prints the answer's text, or ends with FAULT and the answer.
ask() {
  local response
  response=$(curl --silent --show-error --max-time 60 --write-out '\n%{http_code}' --header 'Content-Type: application/json' \
    --request "$1" "${@:4}" "$ELASTICSEARCH_URL/$2" 2>&1 || true)
  [[ ${response##*$'\n'} == 200 ]] || fail "$3: $response. $LOOK_AT"
  printf '%s\n' "${response%$'\n'*}"
}

# Prints "name status" of each snapshot, the newest first.
snapshots() {
  ask GET "_cat/snapshots/$REPOSITORY?h=id,status&s=id:desc" "Elasticsearch does not list its snapshots"
}

# Prints the indices in a snapshot, a line each.
indices_in() {
  local found
  found=$(ask GET "_snapshot/$REPOSITORY/$1?filter_path=snapshots.indices" "there is no snapshot $1") || return
  sed 's/.*\[{"indices":\[//; s/].*//' <<<"$found" | tr -d '"' | tr , '\n' | sort
}

# Those that are not ours are never touched. Names of this form sort by their time.
ours="^$INDEX-[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}$"

# A pod that has just started may not be let through yet: where NetworkPolicies are enforced takes a moment to learn its address.
address=${ELASTICSEARCH_URL##*/}
for _ in {1..5}; do
  (: <"/dev/tcp/${address%:*}/${address##*:}") 2>/dev/null && break
  sleep 1
done

# A cluster that was made anew does not know it. All nodes try to write there.
ask PUT "_snapshot/$REPOSITORY" "the repository can't be used" --data-binary @/etc/sluice/repository.json >/dev/null

# shellcheck source=/dev/null
source "/etc/sluice/${ACTION:-take}.sh"
