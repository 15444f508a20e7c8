// Package lag measures how far Kafka's consumer groups are behind the ends of their topics.
package lag

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// Client is the part of *kafka.Client that a reading needs.
type Client interface {
	Metadata(context.Context, *kafka.MetadataRequest) (*kafka.MetadataResponse, error)
	ListOffsets(context.Context, *kafka.ListOffsetsRequest) (*kafka.ListOffsetsResponse, error)
	ListGroups(context.Context, *kafka.ListGroupsRequest) (*kafka.ListGroupsResponse, error)
	OffsetFetch(context.Context, *kafka.OffsetFetchRequest) (*kafka.OffsetFetchResponse, error)
}

// NewClient reaches the cluster through any of its brokers, by connections of transport, which it makes its own.
func NewClient(brokers []string, transport *kafka.Transport, timeout time.Duration) *kafka.Client {
	// What it knows of the cluster is renewed more often than Prometheus asks.
	transport.MetadataTTL = 5 * time.Second
	return &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: timeout, Transport: transport}
}

// place is a partition of a topic.
type place struct {
	topic     string
	partition int
}

// offsets are those of the oldest record that a partition still has, and of the next one to come.
type offsets struct{ oldest, next int64 }

// cluster is one reading.
type cluster struct {
	brokers    int
	partitions []kafka.Partition
	offsets    map[place]offsets
	committed  map[string]map[place]int64 // by group
	unread     int                        // partitions and groups whose offsets could not be had
}

// read asks the cluster once. A partition without a leader or a group without a coordinator hides no other one.
func read(ctx context.Context, client Client) (cluster, error) {
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return cluster{}, fmt.Errorf("brokers and topics: %w", err)
	}
	c := cluster{brokers: len(metadata.Brokers), offsets: map[place]offsets{}, committed: map[string]map[place]int64{}}
	wanted := map[string][]kafka.OffsetRequest{}
	for _, topic := range metadata.Topics {
		if topic.Internal {
			continue
		}
		for _, partition := range topic.Partitions {
			partition.Topic = topic.Name
			c.partitions = append(c.partitions, partition)
			if errors.Is(partition.Error, kafka.LeaderNotAvailable) {
				c.unread++
				continue
			}
			wanted[topic.Name] = append(wanted[topic.Name], kafka.FirstOffsetOf(partition.ID), kafka.LastOffsetOf(partition.ID))
		}
	}
	if len(wanted) > 0 {
		listed, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: wanted})
		if err != nil {
			return cluster{}, fmt.Errorf("offsets of partitions: %w", err)
		}
		for topic, partitions := range listed.Topics {
			for _, p := range partitions {
				if p.Error != nil {
					c.unread++
					continue
				}
				c.offsets[place{topic, p.Partition}] = offsets{p.FirstOffset, p.LastOffset}
			}
		}
	}
	return c, c.readGroups(ctx, client)
}

func (c *cluster) readGroups(ctx context.Context, client Client) error {
	groups, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err == nil {
		err = groups.Error
	}
	if err != nil {
		return fmt.Errorf("consumer groups: %w", err)
	}
	for _, group := range groups.Groups {
		fetched, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group.GroupID})
		if err != nil || fetched.Error != nil {
			c.unread++
			continue
		}
		for topic, partitions := range fetched.Topics {
			for _, p := range partitions {
				if p.Error != nil {
					c.unread++
					continue
				}
				if p.CommittedOffset < 0 {
					continue // nothing read yet
				}
				if c.committed[group.GroupID] == nil {
					c.committed[group.GroupID] = map[place]int64{}
				}
				c.committed[group.GroupID][place{topic, p.Partition}] = p.CommittedOffset
			}
		}
	}
	return nil
}
