#!/usr/bin/env bash
# Indexes a document and finds it, and asks what an index of the log events would be made of.
set -euo pipefail

call() {
  echo "$1 $2" >&2
  curl --silent --show-error --fail-with-body --max-time 60 --request "$1" --header 'Content-Type: application/json' "${@:3}" "$ELASTICSEARCH_URL/$2"
  echo
}

call GET '_cluster/health?wait_for_status=yellow&timeout=30s'

scratch="$INDEX-test-$RANDOM"
trap 'call DELETE "$scratch"' EXIT
# Without a replica: on a single node it would make the cluster yellow.
call PUT "$scratch" --data '{"settings": {"index.number_of_replicas": 0}}'
call PUT "$scratch/_doc/1?refresh=true" --data '{"message": "helm test"}'
found=$(call GET "$scratch/_search?q=message:helm")
[[ $found == *'"helm test"'* ]] || { echo "error: the document is not found: $found" >&2; exit 1; }

for alias in "$INDEX" "$INDEX-anomalies"; do
  for name in "$alias-2000.01.01" "$alias-undated"; do
    simulated=$(call POST "_index_template/_simulate_index/$name")
    [[ $simulated == *"\"aliases\":{\"$alias\":{}}"* ]] || { echo "error: $name would not have the alias $alias: $simulated" >&2; exit 1; }
  done
done
echo "Elasticsearch stores, finds, and has its templates."
