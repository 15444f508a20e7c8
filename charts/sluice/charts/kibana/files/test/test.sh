#!/usr/bin/env bash
# Asks whether Kibana is available, and whether the dashboard and all that it refers to are there.
set -euo pipefail

call() {
  echo "$1 $2" >&2
  curl --silent --show-error --fail-with-body --max-time 60 --request "$1" --header 'kbn-xsrf: true' --header 'Content-Type: application/json' "${@:3}" "$KIBANA_URL/$2"
}

status=$(call GET api/status)
[[ $status == *'"overall":{"level":"available"'* ]] || { echo "error: Kibana is not available: ${status:0:2000}" >&2; exit 1; }

exported=$(call POST api/saved_objects/_export --data '{"objects": [{"type": "dashboard", "id": "sluice-overview"}], "includeReferencesDeep": true}')
[[ $exported == *'"missingRefCount":0'* ]] || { echo "error: the dashboard is not complete: $exported" >&2; exit 1; }
echo "Kibana is available and has its dashboard."
