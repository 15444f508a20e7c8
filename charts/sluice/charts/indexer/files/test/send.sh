#!/usr/bin/env bash
# Sends one event to Kafka, which find.sh then looks for.
set -euo pipefail

id="helm-test-$HOSTNAME-$RANDOM$RANDOM"
printf '{"event":{"id":"%s"},"service":{"name":"helm-test"},"log":{"level":"info"},"message":"Carried from Kafka to Elasticsearch?"}\n' "$id" |
  "${KAFKA_BIN:-/opt/kafka/bin}/kafka-run-class.sh" kafka.tools.ConsoleProducer --bootstrap-server "$BOOTSTRAP_SERVER" \
    --producer.config /etc/sluice/client.properties --topic "$TOPIC" --producer-property acks=all
echo "$id" >"${SHARED:-/tmp}/id"
echo "sent $id to $TOPIC"
