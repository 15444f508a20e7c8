#!/usr/bin/env bash
# Creates the topic TOPIC, or brings an existing one to the wanted settings. May be repeated.
set -euo pipefail

deadline=$((SECONDS + TIMEOUT_SECONDS))
settings="retention.ms=$RETENTION_MS,min.insync.replicas=$MIN_INSYNC_REPLICAS"
output="no broker answers at $BOOTSTRAP_SERVER"

retry() {
  if ((SECONDS >= deadline)); then
    echo "$output" >&2
    echo "error: the topic $TOPIC was not created within $TIMEOUT_SECONDS s. $LOOK_AT" >&2
    exit 1
  fi
  sleep "${RETRY_SECONDS:-3}"
}

tool() { "${KAFKA_BIN:-/opt/kafka/bin}/$1" --bootstrap-server "$BOOTSTRAP_SERVER" "${@:2}" 2>&1; }

# Knocking costs nothing; each call of a tool starts a JVM.
until timeout 3 bash -c "exec 3<>/dev/tcp/${BOOTSTRAP_SERVER/://}" 2>/dev/null; do retry; done

# Fails until as many brokers have registered as there shall be replicas.
until output=$(tool kafka-topics.sh --create --topic "$TOPIC" \
  --partitions "$PARTITIONS" --replication-factor "$REPLICATION_FACTOR" \
  --config "retention.ms=$RETENTION_MS" --config "min.insync.replicas=$MIN_INSYNC_REPLICAS"); do
  [[ $output != *TopicExistsException* ]] || break
  retry
done
echo "$output"
[[ $output == *TopicExistsException* ]] || exit 0

echo "The topic exists: setting $settings, and $PARTITIONS partitions if it has fewer."
until output=$(tool kafka-configs.sh --alter --entity-type topics --entity-name "$TOPIC" --add-config "$settings"); do retry; done
echo "$output"
until output=$(tool kafka-topics.sh --describe --topic "$TOPIC"); do retry; done
echo "$output"
[[ $output =~ PartitionCount:\ *([0-9]+) ]]
((BASH_REMATCH[1] < PARTITIONS)) || exit 0
until output=$(tool kafka-topics.sh --alter --topic "$TOPIC" --partitions "$PARTITIONS"); do retry; done
echo "$output"
