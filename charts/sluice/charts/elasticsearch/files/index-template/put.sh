#!/usr/bin/env bash
# Puts the index templates into Elasticsearch, each under the name of its index. May be repeated.
set -euo pipefail

deadline=$((SECONDS + TIMEOUT_SECONDS))

put() {
  local url="$ELASTICSEARCH_URL/_index_template/$1" response
  while true; do
    # The answer's text, then its status in a line of its own; 000 when nothing answers.
    response=$(curl --silent --show-error --max-time 15 --write-out '\n%{http_code}' \
      --request PUT --header 'Content-Type: application/json' --data-binary "@$2" "$url" 2>&1) || true
    echo "PUT $url: $response"
    case ${response##*$'\n'} in
      200) return ;;
      400)
        echo "error: Elasticsearch refuses the index template $1, see its answer above" >&2
        exit 1
        ;;
    esac
    if ((SECONDS >= deadline)); then
      echo "error: the index template $1 was not accepted within $TIMEOUT_SECONDS s. $LOOK_AT" >&2
      exit 1
    fi
    sleep "${RETRY_SECONDS:-3}"
  done
}

put "$INDEX-dead-letter" /etc/sluice/dead-letter.json
# The last one: what waits for the templates waits for this.
put "$INDEX" /etc/sluice/logs.json
