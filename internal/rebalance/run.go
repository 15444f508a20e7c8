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

const (
	interval = time.Second      // how often Kafka is asked how far it is
	age      = 10 * time.Second // how old the metadata may be that brokers and the client pass on: twice as old as usual
)

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
	earlier, err := moved(ctx, client, detail) // what an earlier run has begun
	if err != nil {
		return 0, err
	}
	if earlier {
		if err := pause(ctx, age); err != nil {
			return 0, err
		}
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
		if _, err := moved(ctx, client, detail); err != nil {
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

// moved waits until no partition is on its way, and tells whether one was. Kafka goes on by itself when nobody waits.
func moved(ctx context.Context, client Kafka, detail func(format string, args ...any)) (waited bool, err error) {
	for {
		answer, err := client.ListPartitionReassignments(ctx, &kafka.ListPartitionReassignmentsRequest{Timeout: time.Minute})
		if err == nil {
			err = answer.Error
		}
		if err != nil {
			return waited, fmt.Errorf("kafka: %w", err)
		}
		left := 0
		for _, topic := range answer.Topics {
			left += len(topic.Partitions)
		}
		if left == 0 {
			return waited, nil
		}
		waited = true
		detail("%d partitions on their way", left)
		if err := pause(ctx, interval); err != nil {
			return waited, fmt.Errorf("%d partitions are still on their way, and go on without this command: %w", left, err)
		}
	}
}

// settled waits until nothing is left to change by what Kafka tells everybody, which may still be a partition with both
// its old and its new replicas.
func settled(ctx context.Context, client Kafka, brokers int) error {
	var changes []partition
	var err error
	for began := time.Now(); time.Since(began) < 3*age; {
		if changes, err = read(ctx, client, brokers); err == nil && len(changes) == 0 {
			return nil
		}
		if err := pause(ctx, interval); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return errors.New("partitions were moved, and more have to be: somebody else changes topics too, repeat this command")
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
