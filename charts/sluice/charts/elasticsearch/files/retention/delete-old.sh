#!/usr/bin/env bash
# Deletes the indices of which every event is older than RETENTION_DAYS: by the date in their names, those
# without a date by that of their creation. It asks for no other index, and deletes each by its full name.
set -euo pipefail

# Prints the answer's text, then its status in a line of its own; 000 when nothing answers.
request() {
  curl --silent --show-error --max-time 60 --write-out '\n%{http_code}' --request "$1" "$ELASTICSEARCH_URL/$2" 2>&1 || true
}

# A pod that has just started may not be let through yet: where NetworkPolicies are enforced takes a moment to learn its address.
address=${ELASTICSEARCH_URL##*/}
for _ in {1..5}; do
  (: <"/dev/tcp/${address%:*}/${address##*:}") 2>/dev/null && break
  sleep 1
done

oldest=$(date --utc --date "-$RETENTION_DAYS days" +%Y.%m.%d)
response=$(request GET "_cat/indices/$INDEX-*?h=index,creation.date&expand_wildcards=all")
if [[ ${response##*$'\n'} != 200 ]]; then
  echo "error: Elasticsearch does not list its indices: $response. $LOOK_AT" >&2
  exit 1
fi

deleted=0 failed=0
while read -r name created; do
  # Dates of this form sort as text.
  if [[ $name =~ ^"$INDEX"(-anomalies)?-([0-9]{4}\.[0-9]{2}\.[0-9]{2})$ ]]; then
    day=${BASH_REMATCH[2]}
  elif [[ $name =~ ^"$INDEX"(-anomalies)?-undated$ ]]; then
    day=$(date --utc --date "@$((created / 1000))" +%Y.%m.%d)
  else
    continue
  fi
  [[ $day < $oldest ]] || continue
  response=$(request DELETE "$name")
  case ${response##*$'\n'} in
    200)
      echo "deleted $name"
      deleted=$((deleted + 1))
      ;;
    404) echo "$name is gone already" ;;
    *)
      echo "error: $name was not deleted: $response. $LOOK_AT" >&2
      failed=1
      ;;
  esac
done < <(printf '%s\n' "${response%$'\n'*}")
echo "$deleted indices deleted that hold nothing since $oldest ($RETENTION_DAYS days)"
exit $failed
