#!/usr/bin/env bash
# Puts what the indices are made of into Elasticsearch: a lifecycle policy where there is one, then component
# and index templates. May be repeated.
set -euo pipefail

deadline=$((SECONDS + TIMEOUT_SECONDS))

fail() {
  echo "error: $*" >&2
  exit 1
}

# Prints the answer's text, then its status in a line of its own; 000 when nothing answers.
request() {
  curl --silent --show-error --max-time 15 --write-out '\n%{http_code}' --request "$1" "${@:3}" "$ELASTICSEARCH_URL/$2" 2>&1 || true
}

# again WHAT: waits before the next try, or gives up.
again() {
  ((SECONDS < deadline)) || fail "$1 within $TIMEOUT_SECONDS s. $LOOK_AT"
  sleep "${RETRY_SECONDS:-3}"
}

# put PATH FILE
put() {
  local response
  while true; do
    response=$(request PUT "$1" --header 'Content-Type: application/json' --data-binary "@/etc/sluice/$2")
    echo "PUT $1: $response"
    case ${response##*$'\n'} in
      200) return ;;
      400)
        if [[ $1 == _ilm/* && $response == *"no handler found"* ]]; then
          fail "this Elasticsearch has no index lifecycle management: set elasticsearch.retention.mode to cronjob (or none)"
        fi
        fail "Elasticsearch refuses $1, see its answer above"
        ;;
    esac
    again "$1 was not accepted"
  done
}

# An index with the name of the alias, as older versions made it, or a writer without the templates.
no_index_called() {
  local response
  while true; do
    response=$(request GET "_resolve/index/$1")
    case ${response##*$'\n'} in
      200)
        [[ $response != *'"indices":[{'* ]] || fail "$1 is an index, and would have to be an alias: delete it, or index it anew as $1-undated: $response"
        return
        ;;
      404) return ;;
    esac
    echo "GET _resolve/index/$1: $response"
    again "no answer about $1"
  done
}

no_index_called "$INDEX"
no_index_called "$INDEX-anomalies"

if [[ $RETENTION_MODE == ilm ]]; then
  put "_ilm/policy/$INDEX" policy.json
fi
for component in shared logs anomalies; do
  put "_component_template/$INDEX-$component" "component-$component.json"
done
put "_index_template/$INDEX-dead-letter" dead-letter.json
put "_index_template/$INDEX-anomalies-undated" anomalies-undated.json
put "_index_template/$INDEX-anomalies" anomalies.json
put "_index_template/$INDEX-undated" logs-undated.json
# The last one: what waits for the templates waits for this.
put "_index_template/$INDEX" logs.json

# Known before the first snapshot, so that an alert tells when none is taken.
if [[ -n ${REPOSITORY:-} ]]; then
  put "_snapshot/$REPOSITORY" repository.json
fi
