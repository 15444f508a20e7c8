package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// audit is what the topic itself says about a run.
type audit struct {
	held   map[int64]bool            // sequences of the run that the topic holds
	bytes  int64                     // of their records' values
	groups map[string]*consumerGroup // by their ids
}

// consumerGroup is how far one has committed.
type consumerGroup struct {
	read map[int64]bool // sequences of the run
	lag  int64          // records of the topic, of whatever run, that it has still to read
}

// topic reads Kafka directly, to tell on which side of it events were lost.
type topic struct {
	client *kafka.Client
	name   string
	start  map[int]int64 // the partitions' ends before the run
}

// newTopic reaches the brokers by a.
func newTopic(a *Access, name string) *topic {
	return &topic{name: name, client: &kafka.Client{Addr: kafka.TCP(a.Brokers()), Timeout: 20 * time.Second, Transport: a.Kafka()}}
}

// mark remembers where the partitions end, so that an audit reads no older records.
func (t *topic) mark(ctx context.Context) error {
	_, ends, err := Bounds(ctx, t.client, t.name)
	if err == nil {
		t.start = ends
	}
	return err
}

// audit reads all records since mark.
func (t *topic) audit(ctx context.Context, runID string) (audit, error) {
	firsts, ends, err := Bounds(ctx, t.client, t.name)
	if err != nil {
		return audit{}, err
	}
	committed, err := t.committed(ctx, ends)
	if err != nil {
		return audit{}, err
	}
	a := audit{held: map[int64]bool{}, groups: map[string]*consumerGroup{}}
	for id, offsets := range committed {
		group := &consumerGroup{read: map[int64]bool{}}
		for partition, offset := range offsets {
			group.lag += max(0, ends[partition]-offset)
		}
		a.groups[id] = group
	}
	for partition, end := range ends {
		start := max(firsts[partition], t.start[partition])
		err := t.read(ctx, partition, start, end, runID, func(offset, sequence int64, bytes int) {
			if !a.held[sequence] {
				a.bytes += int64(bytes)
			}
			a.held[sequence] = true
			for id, group := range a.groups {
				if offset < committed[id][partition] {
					group.read[sequence] = true
				}
			}
		})
		if err != nil {
			return audit{}, fmt.Errorf("read %s, partition %d: %w", t.name, partition, err)
		}
	}
	return a, nil
}

// Bounds are the first and the end offset of each partition. It fails while one of them has no leader.
func Bounds(ctx context.Context, client *kafka.Client, topic string) (firsts, ends map[int]int64, err error) {
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, nil, err
	}
	if len(metadata.Topics) != 1 || metadata.Topics[0].Error != nil {
		return nil, nil, fmt.Errorf("topic %s: %w", topic, metadata.Topics[0].Error)
	}
	var requests []kafka.OffsetRequest
	for _, partition := range metadata.Topics[0].Partitions {
		if partition.Error != nil {
			return nil, nil, fmt.Errorf("topic %s, partition %d: %w", topic, partition.ID, partition.Error)
		}
		requests = append(requests, kafka.FirstOffsetOf(partition.ID), kafka.LastOffsetOf(partition.ID))
	}
	answer, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: requests}})
	if err != nil {
		return nil, nil, err
	}
	firsts, ends = map[int]int64{}, map[int]int64{}
	for _, partition := range answer.Topics[topic] {
		if partition.Error != nil {
			return nil, nil, fmt.Errorf("topic %s, partition %d: %w", topic, partition.Partition, partition.Error)
		}
		firsts[partition.Partition], ends[partition.Partition] = partition.FirstOffset, partition.LastOffset
	}
	return firsts, ends, nil
}

// meanBytes is the mean size of the run's events.
func (a audit) meanBytes() float64 { return float64(a.bytes) / float64(len(a.held)) }

// read tells the offset, the sequence and the size of each record of the run.
func (t *topic) read(ctx context.Context, partition int, offset, end int64, runID string, tell func(offset, sequence int64, bytes int)) error {
	return Records(ctx, t.client, t.name, partition, offset, end, func(offset int64, value []byte) {
		if sequence, ok := sequenceOf(value, runID); ok {
			tell(offset, sequence, len(value))
		}
	})
}

// Records tells the offset and the value of each record of a partition from one offset to before another. A partition that
// gives no records before that end is an error.
func Records(ctx context.Context, client *kafka.Client, topic string, partition int, offset, end int64, tell func(offset int64, value []byte)) error {
	for offset < end {
		answer, err := client.Fetch(ctx, &kafka.FetchRequest{
			Topic: topic, Partition: partition, Offset: offset, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: time.Second,
		})
		if err = errors.Join(err, fetchError(answer)); err != nil {
			return err
		}
		before := offset
		for _, batch := range batches(answer.Records) {
			next, err := readBatch(batch, tell)
			if err != nil {
				return err
			}
			offset = max(offset, next)
		}
		if offset == before {
			return fmt.Errorf("no records at offset %d of %d", offset, end)
		}
	}
	return nil
}

// batches are those of an answer. kafka-go would skip the ends of transactions, behind which reading has to go on.
func batches(records kafka.RecordReader) []kafka.RecordReader {
	if stream, ok := records.(*protocol.RecordStream); ok {
		return stream.Records
	}
	return []kafka.RecordReader{records}
}

// readBatch tells the records of a batch, unless it is the end of a transaction, and returns the offset after the last one.
func readBatch(batch kafka.RecordReader, tell func(offset int64, value []byte)) (next int64, err error) {
	_, control := batch.(*protocol.ControlBatch)
	for {
		record, err := batch.ReadRecord()
		if errors.Is(err, io.EOF) {
			return next, nil
		}
		if err != nil {
			return 0, err
		}
		next = record.Offset + 1
		if control {
			continue
		}
		value, err := io.ReadAll(record.Value)
		if err != nil {
			return 0, err
		}
		tell(record.Offset, value)
	}
}

func fetchError(answer *kafka.FetchResponse) error {
	if answer == nil {
		return nil
	}
	return answer.Error
}

// sequenceOf is the event's sequence if it belongs to the run.
func sequenceOf(value []byte, runID string) (int64, bool) {
	if !bytes.Contains(value, []byte(runID)) {
		return 0, false
	}
	var event struct {
		Event  struct{ Sequence int64 }
		Labels struct {
			RunID string `json:"run_id"`
		}
	}
	if json.Unmarshal(value, &event) != nil || event.Labels.RunID != runID {
		return 0, false
	}
	return event.Event.Sequence, true
}

// committed are the offsets, by partition, of the consumer groups that read the topic.
func (t *topic) committed(ctx context.Context, partitions map[int]int64) (map[string]map[int]int64, error) {
	groups, err := t.client.ListGroups(ctx, &kafka.ListGroupsRequest{})
	if err != nil {
		return nil, fmt.Errorf("consumer groups: %w", err)
	}
	committed := map[string]map[int]int64{}
	for _, group := range groups.Groups {
		offsets, err := Committed(ctx, t.client, t.name, group.GroupID, partitions)
		if err != nil {
			return nil, err
		}
		if len(offsets) > 0 {
			committed[group.GroupID] = offsets
		}
	}
	return committed, nil
}

// Committed are the offsets that the consumer group has committed, of those of the partitions that it reads. The values of
// partitions are not looked at.
func Committed(ctx context.Context, client *kafka.Client, topic, group string, partitions map[int]int64) (map[int]int64, error) {
	answer, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: slices.Sorted(maps.Keys(partitions))}})
	if err != nil {
		return nil, fmt.Errorf("consumer group %s: %w", group, err)
	}
	offsets := map[int]int64{}
	for _, partition := range answer.Topics[topic] {
		if partition.CommittedOffset >= 0 { // -1: the group does not read this one
			offsets[partition.Partition] = partition.CommittedOffset
		}
	}
	return offsets, nil
}
