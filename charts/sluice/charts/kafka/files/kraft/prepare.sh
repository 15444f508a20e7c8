# shellcheck shell=bash
# Read by start.sh: what a node needs that has no ZooKeeper.

voters=$(property controller.quorum.voters)
controllers=$(tr -cd @ <<<"$voters" | wc -c)

set_property node.id "$ordinal"
if ((ordinal >= controllers)); then
  set_property process.roles broker
  set_property listeners "$(property listeners | sed 's/,CONTROLLER:.*//')"
fi

if [[ ! -e $data/meta.properties ]]; then
  # meta.properties is what the tool writes last: an interrupted format is begun again.
  mkdir -p "$data"
  echo "$controllers" >"$data/.controllers"
  "$bin/kafka-storage.sh" format --cluster-id "$CLUSTER_ID" --config "$properties" --ignore-formatted
elif ! grep -q '^version=1$' "$data/meta.properties"; then
  echo "error: this volume was written with ZooKeeper. Set kafka.mode back to zookeeper, or see docs/kraft-migration.md." >&2
  exit 1
elif ! grep -Fqx "cluster.id=$CLUSTER_ID" "$data/meta.properties"; then
  echo "error: this volume belongs to another cluster. Set kafka.config.clusterId to $(sed -n 's/^cluster.id=//p' "$data/meta.properties")." >&2
  exit 1
elif [[ -e $data/.controllers && $(<"$data/.controllers") != "$controllers" ]]; then
  # New voters with empty disks would outvote the old ones, and the metadata would be gone.
  echo "error: the voters of a cluster can't be changed. Set kafka.config.controllers back to $(<"$data/.controllers")." >&2
  exit 1
fi
