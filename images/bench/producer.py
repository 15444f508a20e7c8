"""Sends events with kafka-python as most programs do: one send for each event, which the serializer makes JSON of."""

import json
import sys

from kafka import KafkaProducer

brokers, topic, compression, file, count = sys.argv[1:]
with open(file, encoding="utf-8") as lines:
    events = [json.loads(line) for line in lines]
producer = KafkaProducer(
    bootstrap_servers=brokers,
    acks="all",
    compression_type=None if compression == "none" else compression,
    value_serializer=lambda event: json.dumps(event).encode(),
)
for i in range(int(count)):
    producer.send(topic, events[i % len(events)])
producer.flush()
producer.close()
