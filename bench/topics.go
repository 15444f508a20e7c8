package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"sluice/internal/verify"
)

// topicPrefix begins the names of all topics that are made to be measured.
const topicPrefix = "bench-"

// spreading are as many services as spread evenly over any number of partitions.
var spreading = func() string {
	var services []string
	for i := range 40 {
		services = append(services, fmt.Sprintf("service-%d", i))
	}
	return strings.Join(services, ",")
}()

// newTopic is a name that no topic had before: events are told apart by it, too.
func newTopic() string { return topicPrefix + "hop-" + strings.ToLower(rand.Text()[:8]) }

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

func (b *bench) createTopic(ctx context.Context, topic string, partitions int) error {
	answer, err := b.kafka().CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: -1}},
	})
	if err != nil {
		return err
	}
	return answer.Errors[topic]
}

// records is how many the topic holds.
func (b *bench) records(ctx context.Context, topic string) (total int64, err error) {
	_, ends, err := verify.Bounds(ctx, b.kafka(), topic)
	for _, end := range ends {
		total += end
	}
	return total, err
}
