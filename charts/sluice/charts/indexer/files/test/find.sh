#!/usr/bin/env bash
# Waits until the engine has carried the event of send.sh to Elasticsearch.
set -euo pipefail

id=$(<"${SHARED:-/tmp}/id")
deadline=$((SECONDS + TIMEOUT_SECONDS))
url="$ELASTICSEARCH_URL/$INDEX/_search?q=event.id:%22$id%22&size=0&filter_path=hits.total.value,error.reason"

until answer=$(curl --silent --show-error --max-time 10 "$url" 2>&1) && [[ $answer == *'"value":1'* ]]; do
  if ((SECONDS >= deadline)); then
    echo "error: $id was not in $INDEX within $TIMEOUT_SECONDS s; Elasticsearch said: $answer. $LOOK_AT" >&2
    exit 1
  fi
  sleep 1
done
echo "found $id in $INDEX"
