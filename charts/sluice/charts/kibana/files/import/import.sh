#!/usr/bin/env bash
# Imports the saved objects into Kibana, over those of the same ids. May be repeated.
set -euo pipefail

deadline=$((SECONDS + TIMEOUT_SECONDS))

fail() {
  echo "error: $*" >&2
  exit 1
}

again() {
  ((SECONDS < deadline)) || fail "$1 within $TIMEOUT_SECONDS s. $LOOK_AT"
  sleep "${RETRY_SECONDS:-5}"
}

# Kibana answers 503 until it, and its plugins, are available.
until status=$(curl --silent --show-error --fail --max-time 15 --output /dev/null "$KIBANA_URL/api/status" 2>&1); do
  echo "GET $KIBANA_URL/api/status: $status"
  again "Kibana was not available ($status)"
done

# All in one: references go from file to file.
objects() { cat /etc/sluice/*.ndjson; }
count=$(objects | grep --count .)

while true; do
  # The answer's text, then its status in a line of its own; 000 when nothing answers.
  response=$(objects | curl --silent --show-error --max-time 120 --write-out '\n%{http_code}' --header 'kbn-xsrf: true' \
    --form 'file=@-;filename=sluice.ndjson' "$KIBANA_URL/api/saved_objects/_import?overwrite=true" 2>&1) || true
  echo "POST _import: $response"
  case ${response##*$'\n'} in
    200) break ;;
    401 | 403) fail "Kibana does not let this Job import saved objects, see its answer above" ;;
    400 | 413 | 415 | 422) fail "Kibana refuses the saved objects, see its answer above" ;;
  esac
  again "Kibana did not import the saved objects"
done

# 200 does not mean that all of them were taken.
[[ $response == *'"success":true'* ]] || fail "Kibana did not import all saved objects, see its answer above"
[[ $response == *"\"successCount\":$count,"* ]] || fail "Kibana did not import $count saved objects, see its answer above"
echo "$count saved objects imported."
