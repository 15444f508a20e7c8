#!/usr/bin/env bash
# Exits 0 if Grafana answers, has all dashboards, and gets data through its Prometheus data source.
set -euo pipefail

# Of a Secret's key, with what has a meaning between curl's quotes escaped.
secret() { sed 's/[\\"]/\\&/g' "$SECRET/$1"; }

# Name and password are no argument: everybody on the node sees those.
ask() { curl -sS --fail-with-body -m 10 -K <(printf 'user = "%s:%s"\n' "$(secret admin-user)" "$(secret admin-password)") "$URL$1"; }

health=$(ask /api/health)
[[ $health =~ \"database\":\ *\"ok\" ]] || { echo "error: Grafana is not healthy: $health" >&2; exit 1; }

dashboards=$(ask '/api/search?type=dash-db&tag=sluice')
found=$(grep -o '"uid":' <<<"$dashboards" | wc -l)
((found == DASHBOARDS)) || { echo "error: Grafana has $found of $DASHBOARDS dashboards: $dashboards" >&2; exit 1; }

answer=$(ask '/api/datasources/proxy/uid/prometheus/api/v1/query?query=up')
[[ $answer == *'"__name__":"up"'* ]] || { echo "error: no data from Prometheus: $answer" >&2; exit 1; }

echo "Grafana has its $found dashboards, and data from Prometheus."
