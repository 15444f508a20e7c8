#!/bin/bash
# Starts a broker: kafka-server-start.sh server.properties [--override KEY=VALUE]...
set -euo pipefail

if (( $# == 0 )); then
  echo "usage: kafka-server-start.sh server.properties [--override KEY=VALUE]..." >&2
  exit 2
fi

bin="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export KAFKA_HEAP_OPTS="${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}"
export KAFKA_LOG4J_OPTS="${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$bin/../config/log4j.properties}"

# shellcheck disable=SC2086 # EXTRA_ARGS is a list of words
exec "$bin/kafka-run-class.sh" ${EXTRA_ARGS:-} kafka.Kafka "$@"
