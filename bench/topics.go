package main

import (
	"context"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// topicPrefix begins the names of all topics that are made to be measured.
const topicPrefix = "bench-"

func (b *bench) kafka() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(b.access.Brokers()), Timeout: 30 * time.Second, Transport: b.access.Kafka()}
}

// removeTopics removes what is left of topics that were measured, also by a run that was killed.
func (b *bench) removeTopics(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	client := b.kafka()
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	var left []string
	if err == nil {
		for _, topic := range metadata.Topics {
			if strings.HasPrefix(topic.Name, topicPrefix) {
				left = append(left, topic.Name)
			}
		}
	}
	if len(left) > 0 {
		_, err = client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: left})
	}
	if err != nil {
		b.out.Printf("topics %s* may be left in Kafka: %v", topicPrefix, err)
	}
}
