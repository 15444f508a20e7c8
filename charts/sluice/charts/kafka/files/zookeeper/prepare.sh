# shellcheck shell=bash
# Read by start.sh: what a broker needs that has ZooKeeper.

set_property broker.id "$ordinal"

if [[ -e $data/meta.properties ]] && grep -q '^version=1$' "$data/meta.properties"; then
  echo "error: this volume was written without ZooKeeper. Set kafka.mode back to kraft, or see docs/kraft-migration.md." >&2
  exit 1
fi

# A broker that was killed is still registered until its session ends. One that comes back before that
# finds its own number taken, and exits.
if [[ -e $data/meta.properties && ! -e $data/.kafka_cleanshutdown ]]; then
  seconds=$(($(property zookeeper.session.timeout.ms) / 1000))
  echo "The last broker here was killed: waiting $seconds s for its session in ZooKeeper to end."
  sleep "$seconds"
fi
