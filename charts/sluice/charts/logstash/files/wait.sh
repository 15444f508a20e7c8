#!/usr/bin/env bash
# Waits for the index template: an index that is created before it would have guessed field types for ever.
set -euo pipefail

deadline=$((SECONDS + TIMEOUT_SECONDS))
url="$ELASTICSEARCH_URL/_index_template/$INDEX"

until answer=$(curl --silent --show-error --fail --max-time 5 --output /dev/null "$url" 2>&1); do
  if ((SECONDS >= deadline)); then
    echo "error: no index template at $url within $TIMEOUT_SECONDS s ($answer). $LOOK_AT" >&2
    exit 1
  fi
  sleep 2
done
