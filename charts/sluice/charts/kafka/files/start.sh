#!/usr/bin/env bash
# Starts this pod's broker: server.properties, and what differs from pod to pod.
set -euo pipefail

properties=/etc/sluice/server.properties
property() { sed -n "s/^$1=//p" "$properties"; }

# A broker that was killed is still registered until its session ends. One that comes back before that
# finds its own number taken, and exits.
data=$(property log.dirs)
if [[ -e $data/meta.properties && ! -e $data/.kafka_cleanshutdown ]]; then
  seconds=$(($(property zookeeper.session.timeout.ms) / 1000))
  echo "The last broker here was killed: waiting $seconds s for its session in ZooKeeper to end."
  sleep "$seconds"
fi

# Not in the pod's environment: they are the broker's, not those of tools that are run beside it.
export KAFKA_HEAP_OPTS="-Xms${HEAP_MEGABYTES}m -Xmx${HEAP_MEGABYTES}m"
export KAFKA_OPTS="-javaagent:/agent/jmx_prometheus_javaagent.jar=9404:/etc/sluice/jmx-exporter.yml"
export KAFKA_LOG4J_OPTS="-Dlog4j.configuration=file:/etc/sluice/log4j.properties"

exec "${KAFKA_BIN:-/opt/kafka/bin}/kafka-server-start.sh" "$properties" \
  --override "broker.id=${HOSTNAME##*-}" \
  --override "advertised.listeners=PLAINTEXT://$HOSTNAME.$DOMAIN:9092" \
  ${ZONE:+--override "broker.rack=$ZONE"}
