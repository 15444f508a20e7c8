#!/usr/bin/env bash
# A record goes in and comes out again, through a topic of its own that is deleted at the end; and every
# partition of the log topic can be written to.
set -euo pipefail

tools=${KAFKA_BIN:-/opt/kafka/bin}
client=/etc/sluice/client.properties
topics() { "$tools/kafka-topics.sh" --bootstrap-server "$BOOTSTRAP_SERVER" --command-config "$client" "$@"; }

broken=$(topics --describe --topic "$TOPIC" --under-min-isr-partitions)
if [[ -n $broken ]]; then
  echo "error: partitions of $TOPIC that can't be written to:" >&2
  echo "$broken" >&2
  exit 1
fi

own="$HOSTNAME-$RANDOM"
record="$own at $(date -u +%FT%TZ)"
trap 'topics --delete --topic "$own"' EXIT
topics --create --topic "$own" --partitions 1 --replication-factor "$REPLICATION_FACTOR"
echo "$record" | "$tools/kafka-run-class.sh" kafka.tools.ConsoleProducer \
  --bootstrap-server "$BOOTSTRAP_SERVER" --producer.config "$client" --topic "$own" --producer-property acks=all
answer=$("$tools/kafka-run-class.sh" org.apache.kafka.tools.consumer.ConsoleConsumer \
  --bootstrap-server "$BOOTSTRAP_SERVER" --consumer.config "$client" --topic "$own" --from-beginning --max-messages 1 --timeout-ms 30000)
if [[ $answer != "$record" ]]; then
  echo "error: sent '$record', received '$answer'" >&2
  exit 1
fi
echo "Kafka has taken and given back a record; every partition of $TOPIC can be written to."
