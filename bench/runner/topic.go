package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
)

// topic is one that a single run fills.
type topic struct {
	client *kafka.Client
	name   string
}

func newTopic(brokers, name string) topic {
	// A transport of its own, which remembers nothing of topics that are gone.
	return topic{name: name, client: &kafka.Client{Addr: kafka.TCP(brokers), Timeout: 30 * time.Second, Transport: &kafka.Transport{}}}
}

func (t topic) create(ctx context.Context, partitions int) error {
	answer, err := t.client.CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: t.name, NumPartitions: partitions, ReplicationFactor: -1}},
	})
	if err != nil {
		return err
	}
	if err := answer.Errors[t.name]; err != nil {
		return fmt.Errorf("create topic %s: %w", t.name, err)
	}
	for range 100 { // until every partition has a leader
		if _, err = t.records(ctx); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// records is how many the topic holds.
func (t topic) records(ctx context.Context) (int64, error) {
	metadata, err := t.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{t.name}})
	if err != nil {
		return 0, err
	}
	if err := metadata.Topics[0].Error; err != nil {
		return 0, err
	}
	var ends []kafka.OffsetRequest
	for _, partition := range metadata.Topics[0].Partitions {
		if partition.Error != nil {
			return 0, partition.Error
		}
		ends = append(ends, kafka.LastOffsetOf(partition.ID))
	}
	answer, err := t.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{t.name: ends}})
	if err != nil {
		return 0, err
	}
	var total int64
	for _, partition := range answer.Topics[t.name] {
		if partition.Error != nil {
			return 0, partition.Error
		}
		total += partition.LastOffset
	}
	return total, nil
}

func (t topic) remove(ctx context.Context) {
	if _, err := t.client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{t.name}}); err != nil {
		fmt.Fprintf(os.Stderr, "delete topic %s: %v\n", t.name, err)
	}
	t.client.Transport.(*kafka.Transport).CloseIdleConnections()
}
