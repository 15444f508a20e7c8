#!/bin/bash
# Runs a class of Kafka's jars with upstream's variables: KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS,
# KAFKA_GC_LOG_OPTS, KAFKA_JMX_OPTS, KAFKA_LOG4J_OPTS, KAFKA_OPTS, LOG_DIR, CLASSPATH.
set -euo pipefail

home="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

while [[ "${1:-}" == -* ]]; do
  case "$1" in
    -name) shift 2 ;;  # upstream names log files by it; here all goes to the console
    -loggc) shift ;;
    *) break ;;
  esac
done
if (( $# == 0 )); then
  echo "usage: kafka-run-class.sh [-name NAME] CLASS [ARGUMENT...]" >&2
  exit 2
fi

performance="-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35"
performance+=" -XX:+ExplicitGCInvokesConcurrent -XX:+ExitOnOutOfMemoryError -Djava.awt.headless=true"

# shellcheck disable=SC2086 # the options are lists of words
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" \
  ${KAFKA_HEAP_OPTS:--Xmx256M} \
  ${KAFKA_JVM_PERFORMANCE_OPTS:-$performance} \
  ${KAFKA_GC_LOG_OPTS:-} ${KAFKA_JMX_OPTS:-} \
  -Dkafka.logs.dir="${LOG_DIR:-$home/logs}" \
  ${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$home/config/tools-log4j.properties} \
  -cp "${CLASSPATH:+$CLASSPATH:}$home/libs/*" \
  ${KAFKA_OPTS:-} \
  "$@"
