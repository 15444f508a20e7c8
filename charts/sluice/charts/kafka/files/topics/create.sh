#!/usr/bin/env bash
# Creates the topics of TOPICS (name, partitions, retention in ms), or brings existing ones to the wanted settings.
# May be repeated.
set -euo pipefail

deadline=$((SECONDS + TIMEOUT_SECONDS))
output="no broker answers at $BOOTSTRAP_SERVER"

if [[ -e /etc/tls/tls.key ]]; then
  cat /etc/tls/tls.key /etc/tls/tls.crt >/tmp/keystore.pem
fi

retry() {
  if ((SECONDS >= deadline)); then
    echo "$output" >&2
    echo "error: the topic $topic was not created within $TIMEOUT_SECONDS s. $LOOK_AT" >&2
    exit 1
  fi
  sleep "${RETRY_SECONDS:-3}"
}

tool() { "${KAFKA_BIN:-/opt/kafka/bin}/$1" --bootstrap-server "$BOOTSTRAP_SERVER" --command-config /etc/sluice/admin.properties "${@:2}" 2>&1; }

# Knocking costs nothing; each call of a tool starts a JVM.
read -r topic _ <<<"$TOPICS"
until timeout 3 bash -c "exec 3<>/dev/tcp/${BOOTSTRAP_SERVER/://}" 2>/dev/null; do retry; done

create() {
  local topic=$1 partitions=$2 retention=$3
  # Fails until as many brokers have registered as there shall be replicas.
  until output=$(tool kafka-topics.sh --create --topic "$topic" \
    --partitions "$partitions" --replication-factor "$REPLICATION_FACTOR" \
    --config "retention.ms=$retention" --config "min.insync.replicas=$MIN_INSYNC_REPLICAS"); do
    [[ $output != *TopicExistsException* ]] || break
    retry
  done
  echo "$output"
  [[ $output == *TopicExistsException* ]] || return 0

  local settings="retention.ms=$retention,min.insync.replicas=$MIN_INSYNC_REPLICAS"
  echo "The topic exists: setting $settings, and $partitions partitions if it has fewer."
  until output=$(tool kafka-configs.sh --alter --entity-type topics --entity-name "$topic" --add-config "$settings"); do retry; done
  echo "$output"
  until output=$(tool kafka-topics.sh --describe --topic "$topic"); do retry; done
  echo "$output"
  [[ $output =~ PartitionCount:\ *([0-9]+) ]]
  ((BASH_REMATCH[1] < partitions)) || return 0
  until output=$(tool kafka-topics.sh --alter --topic "$topic" --partitions "$partitions"); do retry; done
  echo "$output"
}

while read -r topic partitions retention; do
  create "$topic" "$partitions" "$retention" </dev/null
done <<<"${TOPICS%$'\n'}"
