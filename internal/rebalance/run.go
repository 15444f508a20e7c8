package rebalance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"sluice/internal/usage"
)

// atOnce is how many partitions are copied at a time: what else goes on has to have a share of the network.
const atOnce = 10

// interval is how often Kafka is asked how far it is. It keeps what it has been told, so nothing is lost between.
const interval = time.Second

// Kafka is what is asked of a kafka.Client.
type Kafka interface {
	Metadata(context.Context, *kafka.MetadataRequest) (*kafka.MetadataResponse, error)
	AlterPartitionReassignments(context.Context, *kafka.AlterPartitionReassignmentsRequest) (*kafka.AlterPartitionReassignmentsResponse, error)
	ListPartitionReassignments(context.Context, *kafka.ListPartitionReassignmentsRequest) (*kafka.ListPartitionReassignmentsResponse, error)
}

// Run moves all partitions to the brokers 0 to brokers-1 and waits until they are there. It returns how many it moved.
func Run(ctx context.Context, client Kafka, brokers int, detail func(format string, args ...any)) (int, error) {
	if brokers < 1 {
		return 0, usage.Errorf("brokers must be at least 1, not %d", brokers)
	}
	if err := moved(ctx, client, detail); err != nil { // what an earlier run has begun
		return 0, err
	}
	changes, err := read(ctx, client, brokers)
	if err != nil {
		return 0, err
	}
	done := 0
	for chunk := range slices.Chunk(changes, atOnce) {
		detail("%d of %d partitions", done, len(changes))
		if err := move(ctx, client, chunk); err != nil {
			return done, err
		}
		if err := moved(ctx, client, detail); err != nil {
			return done, err
		}
		done += len(chunk)
	}
	return done, settled(ctx, client, brokers)
}

// read looks at all topics, Kafka's own too, and returns what has to change.
func read(ctx context.Context, client Kafka, brokers int) ([]partition, error) {
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	racks := map[int]string{}
	for _, broker := range metadata.Brokers {
		if broker.ID < brokers {
			racks[broker.ID] = broker.Rack
		}
	}
	for id := range brokers {
		if _, ok := racks[id]; !ok {
			return nil, usage.Errorf("broker %d is not there: set kafka.replicas to %d or more and wait until it is ready, or set --brokers to less", id, brokers)
		}
	}
	var partitions []partition
	for _, topic := range metadata.Topics {
		if topic.Error != nil {
			return nil, fmt.Errorf("topic %s: %w", topic.Name, topic.Error)
		}
		for _, p := range topic.Partitions {
			if len(p.Replicas) > brokers {
				return nil, usage.Errorf("topic %s keeps %d copies of each partition: set --brokers to at least that many", topic.Name, len(p.Replicas))
			}
			replicas := make([]int, 0, len(p.Replicas))
			for _, broker := range p.Replicas {
				if broker.Host == "" { // the client does not even say which
					return nil, usage.Errorf("a copy of topic %s, partition %d, is on a broker that is away: bring it back first", topic.Name, p.ID)
				}
				replicas = append(replicas, broker.ID)
			}
			partitions = append(partitions, partition{topic.Name, p.ID, replicas})
		}
	}
	return plan(partitions, racks), nil
}

func move(ctx context.Context, client Kafka, partitions []partition) error {
	request := &kafka.AlterPartitionReassignmentsRequest{Timeout: time.Minute}
	for _, p := range partitions {
		request.Assignments = append(request.Assignments, kafka.AlterPartitionReassignmentsRequestAssignment{
			Topic: p.topic, PartitionID: p.id, BrokerIDs: p.replicas,
		})
	}
	answer, err := client.AlterPartitionReassignments(ctx, request)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	errs := []error{answer.Error}
	for _, result := range answer.PartitionResults {
		if result.Error != nil {
			errs = append(errs, fmt.Errorf("topic %s, partition %d: %w", result.Topic, result.PartitionID, result.Error))
		}
	}
	return errors.Join(errs...)
}

// moved waits until no partition is on its way. Kafka goes on by itself when nobody waits.
func moved(ctx context.Context, client Kafka, detail func(format string, args ...any)) error {
	for {
		answer, err := client.ListPartitionReassignments(ctx, &kafka.ListPartitionReassignmentsRequest{Timeout: time.Minute})
		if err == nil {
			err = answer.Error
		}
		if err != nil {
			return fmt.Errorf("kafka: %w", err)
		}
		left := 0
		for _, topic := range answer.Topics {
			left += len(topic.Partitions)
		}
		if left == 0 {
			return nil
		}
		detail("%d partitions on their way", left)
		if err := pause(ctx); err != nil {
			return fmt.Errorf("%d partitions are still on their way, and go on without this command: %w", left, err)
		}
	}
}

// settled waits until nothing is left to change by what Kafka tells everybody, which is some seconds old.
func settled(ctx context.Context, client Kafka, brokers int) error {
	for range 30 {
		changes, err := read(ctx, client, brokers)
		if err != nil || len(changes) == 0 {
			return err
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	return fmt.Errorf("partitions were moved, and more have to be: somebody else changes topics too, repeat this command")
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(interval):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
