# Takes a snapshot of the log events, anomalies and dead letters. Once it is complete, those are deleted that are older
# than KEEP_DAYS; the newest KEEP_AT_LEAST complete ones stay however old they are.

snapshot="$INDEX-$(date --utc +%Y.%m.%d-%H.%M.%S)"
# Of a red index the rest is saved. That is still a failure, since a person must see to it.
taken=$(ask PUT "_snapshot/$REPOSITORY/$snapshot?wait_for_completion=true" "$snapshot was not taken" --max-time "$TIMEOUT_SECONDS" \
  --data "{\"indices\": \"$INDEX-*,-$INDEX-test-*\", \"include_global_state\": false, \"partial\": true}")
[[ $taken == *'"state":"SUCCESS"'* ]] || fail "$snapshot is not complete: $taken. $LOOK_AT"
echo "$snapshot is complete: $taken"

before="$INDEX-$(date --utc --date "-$KEEP_DAYS days" +%Y.%m.%d-%H.%M.%S)"
list=$(snapshots)
complete=0 deleted=0
while read -r name status; do
  [[ $name =~ $ours ]] || continue
  if [[ $status == SUCCESS ]]; then
    complete=$((complete + 1))
    ((complete > KEEP_AT_LEAST)) || continue
  fi
  [[ $name < $before ]] || continue
  ask DELETE "_snapshot/$REPOSITORY/$name" "$name was not deleted" >/dev/null
  echo "deleted $name ($status)"
  deleted=$((deleted + 1))
done <<<"$list"
echo "$deleted snapshots deleted that are older than $KEEP_DAYS days"
