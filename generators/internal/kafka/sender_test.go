package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"sluice/generators/internal/logs"
)

func records(values ...string) (all []logs.Record) {
	for _, value := range values {
		all = append(all, logs.Record{Key: []byte("k"), Value: []byte(value)})
	}
	return all
}

func numbered(n int) (all []logs.Record) {
	for i := range n {
		all = append(all, logs.Record{Key: []byte("k"), Value: fmt.Append(nil, i)})
	}
	return all
}

func open(t *testing.T, cfg Config) *Sender {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// holds reads so many records of the topic, or as many as there are, in the order of each partition.
func holds(t *testing.T, cfg Config, n int) (all []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...), kgo.ConsumeTopics(cfg.Topic))
	require.NoError(t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for len(all) < n && ctx.Err() == nil {
		all = append(all, client.PollFetches(ctx).Records()...)
	}
	// A repetition would be at the end, too.
	more, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	for more.Err() == nil {
		all = append(all, client.PollFetches(more).Records()...)
	}
	return all
}

func values(all []*kgo.Record) (values []string) {
	for _, r := range all {
		values = append(values, string(r.Value))
	}
	return values
}

// A key's partition is the one that kafka-go's own balancer chooses, as it was before.
func TestPartitionOf(t *testing.T) {
	for _, n := range []int{1, 3, 4, 7} {
		var all []int
		for id := range n {
			all = append(all, id)
		}
		for i := range 200 {
			key := fmt.Appendf(nil, "service-%d", i)
			require.Equal(t, (&kafka.Hash{}).Balance(kafka.Message{Key: key}, all...), partitionOf(key, n))
		}
	}
}

func TestRecordsArriveAsTheyWereSent(t *testing.T) {
	for _, acks := range []string{"all", "one", "none"} {
		for _, compression := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
			t.Run(acks+" "+compression, func(t *testing.T) {
				t.Parallel()
				c, cfg := cluster(t)
				cfg.Acks, cfg.Compression = acks, compression
				var asked atomic.Int32
				c.ControlKey(kmsg.Produce.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
					asked.Store(int32(r.(*kmsg.ProduceRequest).Acks))
					return nil, nil, false
				})
				s := open(t, cfg)
				before := time.Now().Truncate(time.Millisecond)
				var sent []logs.Record
				for i := range 1000 {
					sent = append(sent, logs.Record{Key: fmt.Appendf(nil, "service-%d", i%8), Value: fmt.Appendf(nil, "event %d of the same kind", i)})
				}
				want := map[string]string{}
				for _, r := range sent {
					want[string(r.Value)] = string(r.Key)
				}
				left, err := s.Send(t.Context(), sent, nil)
				require.NoError(t, err)
				require.Empty(t, left)
				got := holds(t, cfg, 1000)
				require.Len(t, got, 1000)
				for _, r := range got {
					require.Equal(t, want[string(r.Value)], string(r.Key))
					require.Equal(t, int32(partitionOf(r.Key, 4)), r.Partition)
					require.WithinRange(t, r.Timestamp, before, time.Now())
				}
				require.Equal(t, map[string]int32{"all": -1, "one": 1, "none": 0}[acks], asked.Load())
			})
		}
	}
}

// batches counts the records of each batch that arrives.
func batches(c *kfake.Cluster) func() []int {
	var mu sync.Mutex
	var sizes []int
	c.ControlKey(kmsg.Produce.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		mu.Lock()
		defer mu.Unlock()
		for _, topic := range r.(*kmsg.ProduceRequest).Topics {
			for _, partition := range topic.Partitions {
				var batch kmsg.RecordBatch
				if batch.ReadFrom(partition.Records) == nil {
					sizes = append(sizes, int(batch.NumRecords))
				}
			}
		}
		return nil, nil, false
	})
	return func() []int { mu.Lock(); defer mu.Unlock(); return sizes }
}

// warm has the client know the topic: the very first records wait for its partitions, and then for the linger.
func warm(t *testing.T, s *Sender) {
	t.Helper()
	s.client.Produce(t.Context(), &kgo.Record{Key: []byte("k")}, nil)
	require.NoError(t, s.client.Flush(t.Context()))
}

func TestSendersShareBatches(t *testing.T) {
	c, cfg := cluster(t)
	cfg.Linger = 300 * time.Millisecond
	s := open(t, cfg)
	warm(t, s)
	sizes := batches(c)
	var senders sync.WaitGroup
	for i := range 10 {
		senders.Go(func() {
			time.Sleep(time.Duration(i) * 5 * time.Millisecond)
			left, err := s.Send(t.Context(), records("a", "b", "c"), nil)
			if err != nil || len(left) > 0 {
				t.Errorf("%d left: %v", len(left), err)
			}
		})
	}
	senders.Wait()
	require.Less(t, len(sizes()), 4)
	require.Len(t, holds(t, cfg, 31), 31)
}

func TestManyBytesDoNotWaitForMore(t *testing.T) {
	_, cfg := cluster(t)
	cfg.Linger = 20 * time.Second
	s := open(t, cfg)
	warm(t, s)
	start := time.Now()
	left, err := s.Send(t.Context(), []logs.Record{{Key: []byte("k"), Value: make([]byte, enough)}}, nil)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Less(t, time.Since(start), cfg.Linger/2)
}

func TestBatchSizeIsTheMostEventsOfABatch(t *testing.T) {
	for name, linger := range map[string]time.Duration{"no linger": 0, "linger": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			c, cfg := cluster(t)
			cfg.BatchSize, cfg.Linger = 10, linger
			sizes := batches(c)
			s := open(t, cfg)
			left, err := s.Send(t.Context(), numbered(95), nil)
			require.NoError(t, err)
			require.Empty(t, left)
			for _, size := range sizes() {
				require.LessOrEqual(t, size, 10)
			}
			for i, value := range values(holds(t, cfg, 95)) {
				require.Equal(t, fmt.Sprint(i), value, "their order")
			}
		})
	}
}

func TestTooLargeRecordIsForTheUser(t *testing.T) {
	c, cfg := cluster(t)
	cfg.Topic = "small"
	require.NoError(t, c.CreateTopic(cfg.Topic, 1, map[string]string{"max.message.bytes": "2000"}))
	s := open(t, cfg)
	left, err := s.Send(t.Context(), records("a", string(make([]byte, 3000)), "c"), nil)
	requireMisuse(t, err, `a record is larger than topic "small" takes: lower --size, or raise the topic's max.message.bytes (2000)`)
	require.Len(t, left, 1)
	require.Len(t, left[0].Value, 3000)
	require.Equal(t, []string{"a", "c"}, values(holds(t, cfg, 2)))

	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.MessageTooLarge}) // the topic takes less by now
	left, err = s.Send(t.Context(), records("d"), nil)
	requireMisuse(t, err, "a record is larger than topic")
	require.Equal(t, records("d"), left)
}

// A refusal that franz-go does not try again is told at once, and the next call delivers.
func TestRefusedRecordsAreLeft(t *testing.T) {
	c, cfg := cluster(t)
	s := open(t, cfg)
	fault := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.TopicAuthorizationFailed})
	left, err := s.Send(t.Context(), records("a", "b", "c"), nil)
	require.ErrorIs(t, err, kerr.TopicAuthorizationFailed)
	require.Equal(t, records("a", "b", "c"), left)
	require.Equal(t, 1, fault.Hits())
	left, err = s.Send(t.Context(), left, nil)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, []string{"a", "b", "c"}, values(holds(t, cfg, 3)))
}

// One partition refuses, the others take: only the refused ones are left, in their order.
func TestPartOfTheRecordsIsLeft(t *testing.T) {
	c, cfg := cluster(t)
	s := open(t, cfg)
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Partitions: []int32{int32(partitionOf([]byte("service-1"), 4))}, Err: kerr.InvalidRecord})
	var all, want []logs.Record
	for i := range 100 {
		r := logs.Record{Key: fmt.Appendf(nil, "service-%d", i%8), Value: fmt.Append(nil, i)}
		if all = append(all, r); partitionOf(r.Key, 4) == partitionOf([]byte("service-1"), 4) {
			want = append(want, r)
		}
	}
	left, err := s.Send(t.Context(), all, nil)
	require.ErrorIs(t, err, kerr.InvalidRecord)
	require.Equal(t, want, left)
	require.Len(t, holds(t, cfg, 100-len(want)), 100-len(want))
}

// What a broker answers while leaders move, copies are missing or an append took too long: each event once. An event of
// the last two kinds is in the topic although it was refused.
func TestRetriesMakeNoDoubles(t *testing.T) {
	for _, refusal := range []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownTopicOrPartition, kerr.NotEnoughReplicas, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend} {
		t.Run(refusal.Message, func(t *testing.T) {
			t.Parallel()
			c, cfg := cluster(t)
			s := open(t, cfg)
			fault := c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: refusal, Count: 3})
			left, err := s.Send(t.Context(), numbered(50), nil)
			require.NoError(t, err)
			require.Empty(t, left)
			require.Equal(t, 3, fault.Hits())
			require.Equal(t, values50(), values(holds(t, cfg, 50)))
		})
	}
}

func values50() (all []string) {
	for i := range 50 {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

// A slow broker is waited for, and that is told; so is the reason, if there is one.
func TestLate(t *testing.T) {
	c, cfg := cluster(t)
	s := open(t, cfg)
	s.lateTime = 100 * time.Millisecond
	answer := make(chan struct{})
	c.ControlKey(kmsg.Produce.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.DropControl()
		c.SleepControl(func() { <-answer })
		return nil, nil, false
	})
	var told []error
	left, err := s.Send(t.Context(), records("a", "b"), func(left int, reason error) {
		require.Equal(t, 2, left)
		switch told = append(told, reason); len(told) {
		case 1:
			c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: cfg.Topic, Err: kerr.TopicAuthorizationFailed})
		case 2:
			close(answer)
		}
	})
	require.NoError(t, err)
	require.Empty(t, left)
	require.ErrorContains(t, told[0], "no acknowledgement within 100ms")
	require.ErrorIs(t, told[1], kerr.TopicAuthorizationFailed)
	require.Equal(t, []string{"a", "b"}, values(holds(t, cfg, 2)))
}

func TestSendEndsWithItsContext(t *testing.T) {
	c, cfg := cluster(t)
	s := open(t, cfg)
	c.ControlKey(kmsg.Produce.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, nil, true // no answer
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	left, err := s.Send(ctx, records("a", "b"), nil)
	require.True(t, errors.Is(err, context.DeadlineExceeded), err)
	require.Equal(t, records("a", "b"), left)
}
