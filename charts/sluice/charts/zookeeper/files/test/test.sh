#!/usr/bin/env bash
# Every server belongs to the quorum, and one of several leads it.
set -euo pipefail

leaders=0
for ((i = 0; i < REPLICAS; i++)); do
  host=${SERVER/\#/$i}
  exec 3<>"/dev/tcp/$host/2181"
  echo srvr >&3
  mode=$(sed -n 's/^Mode: //p' <&3)
  exec 3>&-
  echo "$host: ${mode:-no answer}"
  case $mode in
    standalone | leader) leaders=$((leaders + 1)) ;;
    follower) ;;
    *)
      echo "error: $host has no quorum" >&2
      exit 1
      ;;
  esac
done
if ((leaders != 1)); then
  echo "error: $leaders leaders, and it must be 1" >&2
  exit 1
fi
