#!/usr/bin/env bash
# Starts this pod's broker: the files of properties, and what differs from pod to pod.
set -euo pipefail

bin=${KAFKA_BIN:-/opt/kafka/bin}
ordinal=${HOSTNAME##*-}
properties=${PROPERTIES:-/tmp/server.properties}
property() { sed -n "s/^$1=//p" "$properties"; }
set_property() {
  sed -i "/^$1=/d" "$properties"
  echo "$1=$2" >>"$properties"
}

cat /etc/sluice/server.properties "/etc/sluice/$MODE.properties" >"$properties"
data=$(property log.dirs)
# As listeners, with this pod's name in each; controllers are known to each other.
set_property advertised.listeners "$(property listeners | sed "s/,CONTROLLER:.*//; s|://:|://$HOSTNAME.$DOMAIN:|g")"
if [[ -e /etc/tls/tls.key ]]; then
  cat /etc/tls/tls.key /etc/tls/tls.crt >/tmp/keystore.pem
fi
if [[ -n ${ZONE:-} ]]; then
  set_property broker.rack "$ZONE"
fi

# shellcheck source=/dev/null
source /etc/sluice/prepare.sh

# Not in the pod's environment: they are the broker's, not those of tools that are run beside it.
export KAFKA_HEAP_OPTS="-Xms${HEAP_MEGABYTES}m -Xmx${HEAP_MEGABYTES}m ${JAVA_OPTIONS:-}"
export KAFKA_OPTS="-javaagent:/agent/jmx_prometheus_javaagent.jar=9404:/etc/sluice/jmx-exporter.yml"
export KAFKA_LOG4J_OPTS="-Dlog4j.configuration=file:/etc/sluice/log4j.properties"

exec "$bin/kafka-server-start.sh" "$properties"
