#!/usr/bin/env bash
# The service at URL is ready, and its counter METRIC rises.
set -euo pipefail

ask() { curl --silent --show-error --fail --max-time 10 "$URL$1"; }
count() {
  local line value sum=0
  while read -r line; do
    if [[ ${line%%[\{ ]*} == "$METRIC" ]]; then
      printf -v value %.0f "${line##* }"
      sum=$((sum + value))
    fi
  done < <(ask /metrics)
  echo "$sum"
}

ask /readyz >/dev/null
before=$(count)
deadline=$((SECONDS + TIMEOUT_SECONDS))
until after=$(count) && ((after > before)); do
  if ((SECONDS >= deadline)); then
    echo "error: $METRIC of $URL stays at $before for $TIMEOUT_SECONDS s" >&2
    exit 1
  fi
  sleep 1
done
echo "$METRIC of $URL rose from $before to $after."
