package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/generators/internal/logs"
)

const (
	// lateTime is how long a record may be on its way before that is told.
	lateTime = 10 * time.Second
	// enough bytes of one call are sent without a wait for more.
	enough = 64 << 10
	// How large a batch franz-go can make, in bytes.
	leastBatch, mostBatch = 512, 64 << 20
)

// Sender sends records to one topic. It is safe for concurrent use.
type Sender struct {
	cfg      Config
	client   *kgo.Client
	maxBatch int64
	lateTime time.Duration

	mu    sync.Mutex
	spare []*delivery
}

func newSender(cfg Config, maxBatch int64) (*Sender, error) {
	options, err := cfg.Options("log-generator", attemptTime)
	if err != nil {
		return nil, err
	}
	acks, err := cfg.acks()
	if err != nil {
		return nil, err
	}
	compression, err := cfg.compression()
	if err != nil {
		return nil, err
	}
	options = append(options,
		kgo.DefaultProduceTopic(cfg.Topic),
		kgo.RequiredAcks(acks),
		kgo.ProducerBatchCompression(compression),
		kgo.ProducerLinger(cfg.Linger),
		kgo.ProducerBatchMaxBytes(int32(max(leastBatch, min(maxBatch, mostBatch)))),
		kgo.MaxBufferedRecords(cfg.BatchSize), // so no batch has more; in bytes the workers are the limit
		kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(string) func(*kgo.Record, int) int {
			return func(r *kgo.Record, partitions int) int { return partitionOf(r.Key, partitions) }
		})),
		// Franz-go tries for ever. Where it gives a partition's records up it takes a new epoch, and a broker then no longer
		// knows what came under the old one. A broker that stops ends new connections before it answers.
		kgo.UnknownTopicRetries(-1),
		kgo.AlwaysRetryEOF(),
		kgo.MetadataMinAge(time.Second),
		kgo.MetadataMaxAge(10*time.Second), // a topic may get more partitions
	)
	if !cfg.idempotent() {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	return &Sender{cfg: cfg, client: client, maxBatch: maxBatch, lateTime: lateTime}, nil
}

// partitionOf is FNV-1a, as Sarama and kafka-go's Hash have it. One key, one partition: a service's events keep their order.
var partitionOf = kgo.SaramaCompatHasher(func(key []byte) uint32 {
	hash := uint32(2166136261)
	for _, b := range key {
		hash = (hash ^ uint32(b)) * 16777619
	}
	return hash
})

// Send implements logs.Sender. With acks none, handed to the network counts as acknowledged.
func (s *Sender) Send(ctx context.Context, records []logs.Record, late func(left int, reason error)) ([]logs.Record, error) {
	d := s.take()
	size := 0
	slots := d.fill(records, time.Now())
	for i := range slots {
		size += len(slots[i].record.Value)
		s.client.Produce(ctx, &slots[i].record, slots[i].promise)
	}
	if size >= enough {
		s.endLinger()
	}
	tick := time.NewTicker(s.lateTime)
	defer tick.Stop()
	for {
		select {
		case <-d.done:
			left, err := d.left(records), d.err
			s.put(d)
			if errors.Is(err, kerr.MessageTooLarge) {
				err = logs.Permanent(tooLarge(s.cfg.Topic, s.maxBatch))
			}
			return left, err
		case <-ctx.Done():
			return d.left(records), ctx.Err() // d is franz-go's
		case <-tick.C:
			late(int(d.open.Load()), s.reason(ctx))
		}
	}
}

// ended is over before it begins.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// endLinger has everything sent that waits for more. It does not wait itself.
func (s *Sender) endLinger() { _ = s.client.Flush(ended) }

// reason tells why records stay without an outcome: franz-go says it when it gives up, which it does not.
func (s *Sender) reason(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	if _, err := largestBatch(ctx, s.cfg); err != nil {
		return err
	}
	return fmt.Errorf("no acknowledgement within %v", s.lateTime)
}

// take returns a delivery that nothing uses.
func (s *Sender) take() *delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.spare) - 1
	if last < 0 {
		return newDelivery()
	}
	d := s.spare[last]
	s.spare = s.spare[:last]
	return d
}

func (s *Sender) put(d *delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = append(s.spare, d)
}

// Close ends the connections, and gives up what is on its way.
func (s *Sender) Close() { s.client.Close() }
