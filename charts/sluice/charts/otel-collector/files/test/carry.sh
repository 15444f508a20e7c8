#!/usr/bin/env bash
# Sends one event to Kafka and waits until the engine has carried it to Elasticsearch. Bash and Kafka's tools are enough.
set -euo pipefail

id="helm-test-$HOSTNAME-$RANDOM$RANDOM"
deadline=$((SECONDS + TIMEOUT_SECONDS))

printf '{"event":{"id":"%s"},"service":{"name":"helm-test"},"log":{"level":"info"},"message":"Carried from Kafka to Elasticsearch?"}\n' "$id" |
  "${KAFKA_BIN:-/opt/kafka/bin}/kafka-run-class.sh" kafka.tools.ConsoleProducer \
    --bootstrap-server "$BOOTSTRAP_SERVER" --topic "$TOPIC" --producer-property acks=all
echo "sent $id to $TOPIC"

# The answer of Elasticsearch, or what is wrong with it.
search() {
  exec 3<>"/dev/tcp/$ELASTICSEARCH_HOST/$ELASTICSEARCH_PORT" || return
  printf 'GET /%s/_search?q=event.id:%%22%s%%22&size=0&filter_path=hits.total.value,error.reason HTTP/1.0\r\n\r\n' "$INDEX" "$id" >&3
  cat <&3
  exec 3>&-
}

until answer=$(search 2>&1) && [[ $answer == *'"value":1'* ]]; do
  if ((SECONDS >= deadline)); then
    echo "error: $id was not in $INDEX within $TIMEOUT_SECONDS s; Elasticsearch said: ${answer##*$'\n'}. $LOOK_AT" >&2
    exit 1
  fi
  sleep 1
done
echo "found it in $INDEX"
