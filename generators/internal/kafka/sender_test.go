package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/stretchr/testify/require"

	"sluice/generators/internal/logs"
)

func records() []logs.Record {
	return []logs.Record{{Value: []byte("a")}, {Value: []byte("b")}, {Value: []byte("c")}}
}

func batchWith(err error) *batch {
	b := newBatch(time.Now())
	b.err = err
	close(b.done)
	return b
}

func TestUnacknowledged(t *testing.T) {
	sent, timedOut, moved := batchWith(nil), batchWith(kafka.RequestTimedOut), batchWith(kafka.NotLeaderForPartition)
	left, err := unacknowledged(t.Context(), records(), []share{{sent, []int{0, 1, 2}}})
	require.NoError(t, err)
	require.Empty(t, left)

	left, err = unacknowledged(t.Context(), records(), []share{{moved, []int{2}}, {sent, []int{1}}, {timedOut, []int{0}}})
	require.Equal(t, kafka.RequestTimedOut, err)
	require.Equal(t, []logs.Record{{Value: []byte("a")}, {Value: []byte("c")}}, left)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	onItsWay := newBatch(time.Now())
	left, err = unacknowledged(ctx, records(), []share{{onItsWay, []int{0, 1, 2}}})
	require.Equal(t, context.Canceled, err)
	require.Equal(t, records(), left)
}

func TestTooLargeRecordIsForTheUser(t *testing.T) {
	s, err := newSender(testConfig(), &kafka.Transport{}, 1000)
	require.NoError(t, err)
	left, err := s.Send(t.Context(), []logs.Record{{Value: make([]byte, 2000)}})
	require.Len(t, left, 1)
	requireMisuse(t, err, `a record is larger than topic "logs-topic" takes: lower --size`)
}

// A key's partition is the one that kafka-go's own balancer would choose, as it was before.
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

// topicLog is what a broker of one partition got.
type topicLog struct {
	mu      sync.Mutex
	values  []string
	batches int
	acks    int16
	fails   int // so many requests first
}

func (l *topicLog) answer(request protocol.Message) protocol.Message {
	r, ok := request.(*produce.Request)
	if !ok {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks = r.Acks
	response := produce.ResponsePartition{}
	if l.fails > 0 {
		l.fails--
		response.ErrorCode = int16(kafka.NotLeaderForPartition)
	} else {
		l.batches++
		for {
			record, err := r.Topics[0].Partitions[0].RecordSet.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			value, _ := protocol.ReadAll(record.Value)
			l.values = append(l.values, string(value))
		}
	}
	return &produce.Response{Topics: []produce.ResponseTopic{{Topic: r.Topics[0].Topic, Partitions: []produce.ResponsePartition{response}}}}
}

func openTo(t *testing.T, l *topicLog, change func(*Config)) *Sender {
	t.Helper()
	cfg := testConfig()
	cfg.Brokers = []string{broker(t, l.answer)}
	cfg.ConnectTimeout = 10 * time.Second
	change(&cfg)
	s, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func TestSendersShareBatches(t *testing.T) {
	l := &topicLog{}
	s := openTo(t, l, func(cfg *Config) { cfg.Linger = 200 * time.Millisecond })
	var senders sync.WaitGroup
	for range 10 {
		senders.Go(func() {
			left, err := s.Send(t.Context(), records())
			if err != nil || len(left) > 0 {
				t.Errorf("%d left: %v", len(left), err)
			}
		})
	}
	senders.Wait()
	require.Len(t, l.values, 30)
	require.Less(t, l.batches, 10)
	require.Equal(t, int16(kafka.RequireAll), l.acks)
}

func TestBatchesAreAsLargeAsTheyMayBe(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no linger": func(cfg *Config) { cfg.Linger = 0 },
		"linger":    func(cfg *Config) { cfg.Linger = time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			l := &topicLog{}
			s := openTo(t, l, func(cfg *Config) { cfg.BatchSize = 10; change(cfg) })
			var many []logs.Record
			for i := range 95 {
				many = append(many, logs.Record{Key: []byte("k"), Value: fmt.Append(nil, i)})
			}
			left, err := s.Send(t.Context(), many)
			require.NoError(t, err)
			require.Empty(t, left)
			require.Equal(t, 10, l.batches)
			for i, value := range l.values {
				require.Equal(t, fmt.Sprint(i), value, "their order")
			}
		})
	}
}

func TestRefusedBatchIsLeft(t *testing.T) {
	l := &topicLog{fails: 1}
	s := openTo(t, l, func(*Config) {})
	left, err := s.Send(t.Context(), records())
	require.ErrorIs(t, err, kafka.NotLeaderForPartition)
	require.Equal(t, records(), left)
	left, err = s.Send(t.Context(), left)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, []string{"a", "b", "c"}, l.values)
}
