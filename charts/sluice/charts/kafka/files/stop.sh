#!/usr/bin/env bash
# Runs before this pod's broker is stopped: waits while a partition lacks a copy. A broker's port is open, and its pod ready,
# long before it has caught up; in a rollout or a drain the next one would then go too early, and with too few copies in
# sync no record with acks=all would be taken. Half of the time that the pod has is left to the broker itself.
set -euo pipefail

# Not the broker's own heap: both run in one memory limit. The tool lives for seconds: no compiler and collector that never pay off.
export KAFKA_HEAP_OPTS=-Xmx64m KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1'
while ((SECONDS < ${TIMEOUT_SECONDS:-60})); do
  # A broker that does not answer has nothing to wait for.
  missing=$(timeout 20 "${KAFKA_BIN:-/opt/kafka/bin}/kafka-topics.sh" --bootstrap-server "localhost:$ADMIN_PORT" \
    --command-config /etc/sluice/admin.properties --describe --under-replicated-partitions) || exit 0
  [[ -n $missing ]] || exit 0
  sleep "${RETRY_SECONDS:-2}"
done
