# Lists the snapshots, or the indices in SNAPSHOT.

if [[ -n ${SNAPSHOT:-} ]]; then
  indices_in "$SNAPSHOT"
else
  ask GET "_cat/snapshots/$REPOSITORY?v&s=id&h=id,status,start_time,duration,indices,successful_shards,failed_shards" "Elasticsearch does not list its snapshots"
fi
