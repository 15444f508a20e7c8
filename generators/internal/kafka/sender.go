package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"sluice/generators/internal/logs"
)

// batchOverhead is what a batch may have besides its records, in bytes.
const batchOverhead = 128

// Sender sends records to one topic. It is safe for concurrent use.
type Sender struct {
	client      *kafka.Client
	transport   *kafka.Transport
	topic       string
	acks        kafka.RequiredAcks
	compression kafka.Compression
	batchSize   int // the most records of a batch
	batchBytes  int // and the most bytes
	linger      time.Duration
	maxBatch    int64

	mu         sync.Mutex
	partitions []*partition
}

func newSender(cfg Config, transport *kafka.Transport, maxBatch int64) (*Sender, error) {
	acks, err := cfg.acks()
	if err != nil {
		return nil, err
	}
	compression, err := cfg.compression()
	if err != nil {
		return nil, err
	}
	return &Sender{
		client:      &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: transport},
		transport:   transport,
		topic:       cfg.Topic,
		acks:        acks,
		compression: compression,
		batchSize:   cfg.BatchSize,
		batchBytes:  int(max(1, maxBatch-batchOverhead)),
		linger:      cfg.Linger,
		maxBatch:    maxBatch,
	}, nil
}

// Send implements logs.Sender. With acks none, handed to the network counts as acknowledged.
func (s *Sender) Send(ctx context.Context, records []logs.Record) ([]logs.Record, error) {
	for _, r := range records {
		if len(r.Key)+len(r.Value)+recordOverhead > s.batchBytes {
			return records, logs.Permanent(tooLarge(s.topic, s.maxBatch))
		}
	}
	partitions, err := s.current(ctx)
	if err != nil {
		return records, err
	}
	var shares []share
	for id, which := range byPartition(records, len(partitions)) {
		shares = partitions[id].add(shares, records, which)
	}
	left, err := unacknowledged(ctx, records, shares)
	if errors.Is(err, kafka.MessageSizeTooLarge) {
		err = logs.Permanent(tooLarge(s.topic, s.maxBatch))
	}
	return left, err
}

// current are the topic's partitions, as many as it has by now. The transport remembers for some seconds what it was told.
func (s *Sender) current(ctx context.Context) ([]*partition, error) {
	meta, err := s.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{s.topic}})
	if err != nil {
		return nil, err
	}
	if len(meta.Topics) != 1 {
		return nil, fmt.Errorf("topic %s: %w", s.topic, kafka.UnknownTopicOrPartition)
	}
	if err := meta.Topics[0].Error; err != nil {
		return nil, err
	}
	n := len(meta.Topics[0].Partitions)
	if n == 0 {
		return nil, fmt.Errorf("topic %s has no partitions: %w", s.topic, kafka.LeaderNotAvailable)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := len(s.partitions); id < n; id++ {
		s.partitions = append(s.partitions, &partition{sender: s, id: id})
	}
	return s.partitions[:n], nil
}

// partitionOf is FNV-1a, as kafka-go's Hash and Sarama have it. One key, one partition: a service's events keep their order.
func partitionOf(key []byte, partitions int) int {
	hash := uint32(2166136261)
	for _, b := range key {
		hash = (hash ^ uint32(b)) * 16777619
	}
	partition := int32(hash) % int32(partitions)
	return int(max(partition, -partition))
}

// byPartition are the records' indices, those of each partition in their order.
func byPartition(records []logs.Record, partitions int) [][]int {
	of, sizes := make([]int, len(records)), make([]int, partitions)
	for i, r := range records {
		of[i] = partitionOf(r.Key, partitions)
		sizes[of[i]]++
	}
	all, groups := make([]int, len(records)), make([][]int, partitions)
	for id, size := range sizes {
		groups[id], all = all[:0:size], all[size:]
	}
	for i, id := range of {
		groups[id] = append(groups[id], i)
	}
	return groups
}

// unacknowledged waits for each batch, moves the records that were not delivered to the front, and tells one of their errors.
func unacknowledged(ctx context.Context, records []logs.Record, shares []share) ([]logs.Record, error) {
	var indices []int
	var last error
	for _, s := range shares {
		select {
		case <-s.batch.done:
			if s.batch.err == nil {
				continue
			}
			last = s.batch.err
		case <-ctx.Done():
			last = ctx.Err()
		}
		indices = append(indices, s.which...)
	}
	slices.Sort(indices)
	left := records[:0]
	for _, i := range indices {
		left = append(left, records[i])
	}
	return left, last
}

// Close ends the connections. Nothing may be sent any more.
func (s *Sender) Close() {
	s.transport.CloseIdleConnections()
}
