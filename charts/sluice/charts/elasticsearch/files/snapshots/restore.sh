# Restores indices of SNAPSHOT, the newest complete one unless it is set: those that the patterns of INDICES name, with
# commas between, or all. With PREFIX they get other names, and no alias. Nothing that is there is overwritten: with
# EXISTING=skip it is left out, otherwise nothing is restored at all.

if [[ -z ${SNAPSHOT:-} ]]; then
  list=$(snapshots)
  while read -r name status; do
    if [[ $name =~ $ours && $status == SUCCESS ]]; then
      SNAPSHOT=$name
      break
    fi
  done <<<"$list"
  [[ -n ${SNAPSHOT:-} ]] || fail "there is no complete snapshot of $INDEX in the repository $REPOSITORY: $list"
fi

saved=$(indices_in "$SNAPSHOT")
there=$(ask GET "_cat/indices?h=index&expand_wildcards=all" "Elasticsearch does not list its indices")
IFS=, read -r -a patterns <<<"${INDICES:-*}"

chosen=() existing=()
for name in $saved; do
  for pattern in "${patterns[@]}"; do
    # shellcheck disable=SC2053 # it is a pattern
    [[ $name == $pattern ]] || continue
    # Elasticsearch itself refuses to overwrite open indices only.
    if grep -q -x -F "${PREFIX:-}$name" <<<"$there"; then
      existing+=("${PREFIX:-}$name")
    else
      chosen+=("$name")
    fi
    break
  done
done

if ((${#existing[@]} > 0)); then
  [[ ${EXISTING:-} == skip ]] || fail "nothing is restored, since there are already: ${existing[*]}. Delete them, or set INDICES to others, PREFIX, or EXISTING=skip"
  echo "left as they are: ${existing[*]}"
fi
((${#chosen[@]} > 0)) || fail "$SNAPSHOT has nothing to restore for ${INDICES:-*}: it has $(tr '\n' ' ' <<<"$saved")"

indices=$(IFS=,; echo "${chosen[*]}")
rename=""
if [[ -n ${PREFIX:-} ]]; then
  rename=", \"include_aliases\": false, \"rename_pattern\": \"^\", \"rename_replacement\": \"$PREFIX\""
fi
restored=$(ask POST "_snapshot/$REPOSITORY/$SNAPSHOT/_restore?wait_for_completion=true" "$SNAPSHOT was not restored" --max-time "$TIMEOUT_SECONDS" \
  --data "{\"indices\": \"$indices\", \"include_global_state\": false$rename}")
[[ $restored == *'"failed":0,'* ]] || fail "not every shard was restored: $restored. $LOOK_AT"
echo "restored from $SNAPSHOT: $restored"
