#!/usr/bin/env bash
# Every server is there, and the leader of several has all others following it. What they tell Prometheus says so, which
# needs no certificate.
set -euo pipefail

leaders=0
for ((i = 0; i < REPLICAS; i++)); do
  host=${SERVER/\#/$i}
  exec 3<>"/dev/tcp/$host/7000"
  printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
  metrics=$(cat <&3)
  exec 3>&-
  followers=$(sed -n 's/^synced_followers \([0-9]*\).*/\1/p' <<<"$metrics")
  if ((REPLICAS == 1)); then
    followers=0
    grep -q '^uptime ' <<<"$metrics" || { echo "error: $host tells no metrics" >&2; exit 1; }
  fi
  echo "$host: ${followers:+leads $followers others}"
  [[ -n $followers ]] || continue
  leaders=$((leaders + 1))
  if ((followers != REPLICAS - 1)); then
    echo "error: $followers servers follow $host, and it must be $((REPLICAS - 1))" >&2
    exit 1
  fi
done
if ((leaders != 1)); then
  echo "error: $leaders leaders, and it must be 1" >&2
  exit 1
fi
