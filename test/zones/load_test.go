//go:build zones

package zones

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
)

const (
	batchSize = 10                     // events of one request
	pace      = 500 * time.Millisecond // between two requests to a partition
)

// load sends numbered events from outside the cluster to every partition of a topic, for as long as a test breaks things,
// and keeps account of what Kafka acknowledged. verify.Run's generator would itself die with its node, and its number of
// events is fixed before it is known how long the faults last.
type load struct {
	r         *release
	topic, id string // id of the run, in each event
	acks      kafka.RequiredAcks
	start     map[int]int64 // the partitions' ends before
	stopping  chan struct{}
	workers   sync.WaitGroup

	mu      sync.Mutex
	sent    int64 // sequences 0..sent-1 are given away
	acked   map[int64]bool
	longest time.Duration // that some partition acknowledged nothing
}

// underLoad is the release, its pipeline ready, and a load that Kafka has begun to acknowledge.
func underLoad(t *testing.T) (*release, *load) {
	t.Helper()
	r := connect(t)
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	l := r.startLoad(t, r.topic, kafka.RequireAll)
	require.Eventually(t, func() bool { return l.count() > 0 }, time.Minute, 100*time.Millisecond)
	return r, l
}

func (r *release) startLoad(t *testing.T, topic string, acks kafka.RequiredAcks) *load {
	t.Helper()
	l := &load{r: r, topic: topic, id: fmt.Sprintf("load-%d", time.Now().UnixNano()), acks: acks, stopping: make(chan struct{}), acked: map[int64]bool{}}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var err error
		_, l.start, err = verify.Bounds(t.Context(), r.kafka, topic)
		require.NoError(c, err)
	}, time.Minute, time.Second)
	for partition := range l.start {
		l.workers.Go(func() { l.work(t.Context(), partition) })
	}
	return l
}

// work repeats each request until it is acknowledged: what a producer does that must not lose anything.
func (l *load) work(ctx context.Context, partition int) {
	last := time.Now()
	for first := int64(-1); ctx.Err() == nil; {
		if first < 0 {
			first = l.take()
		}
		if err := l.send(ctx, partition, first); err == nil {
			l.acknowledge(first, time.Since(last))
			first, last = -1, time.Now()
		}
		select {
		case <-l.stopping:
			if first < 0 {
				return
			}
			time.Sleep(pace)
		case <-time.After(pace):
		}
	}
}

func (l *load) take() (first int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = l.sent
	l.sent += batchSize
	return first
}

func (l *load) acknowledge(first int64, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.longest = max(l.longest, wait)
	for sequence := first; sequence < first+batchSize; sequence++ {
		l.acked[sequence] = true
	}
}

func (l *load) send(ctx context.Context, partition int, first int64) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var records []kafka.Record
	for sequence := first; sequence < first+batchSize; sequence++ {
		records = append(records, kafka.Record{Value: kafka.NewBytes(l.event(sequence, time.Now()))})
	}
	answer, err := l.r.kafka.Produce(ctx, &kafka.ProduceRequest{
		Topic: l.topic, Partition: partition, RequiredAcks: l.acks, Records: kafka.NewRecordReader(records...),
	})
	if err != nil {
		return err
	}
	return answer.Error
}

// event has the same id however often it is sent.
func (l *load) event(sequence int64, at time.Time) []byte {
	return fmt.Appendf(nil, `{"@timestamp":%q,"event":{"id":"%s-%d","sequence":%d},"log":{"level":"info"},"service":{"name":"durability"},"labels":{"run_id":%q},"message":"event %d of a run in which things break"}`,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), l.id, sequence, sequence, l.id, sequence)
}

// count is how many events are acknowledged by now.
func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// stop lets every request that is on its way be acknowledged.
func (l *load) stop(t *testing.T) {
	t.Helper()
	close(l.stopping)
	done := make(chan struct{})
	go func() { l.workers.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(3 * time.Minute):
		require.Fail(t, "Kafka does not come back", "events are still not acknowledged")
	}
}

// lost are the acknowledged events that the topic does not hold.
func (l *load) lost(t *testing.T) []int64 {
	t.Helper()
	held := map[int64]bool{}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		_, ends, err := verify.Bounds(t.Context(), l.r.kafka, l.topic)
		require.NoError(c, err)
		for partition, end := range ends {
			require.NoError(c, l.read(t.Context(), partition, end, held))
		}
	}, 2*time.Minute, time.Second)
	var lost []int64
	for sequence := range l.acked {
		if !held[sequence] {
			lost = append(lost, sequence)
		}
	}
	return lost
}

func (l *load) read(ctx context.Context, partition int, end int64, held map[int64]bool) error {
	return verify.Records(ctx, l.r.kafka, l.topic, partition, l.start[partition], end, func(_ int64, value []byte) {
		if sequence, ok := l.sequence(value); ok {
			held[sequence] = true
		}
	})
}

func (l *load) sequence(value []byte) (int64, bool) {
	var event struct {
		Event struct{ Sequence int64 }
	}
	ours := bytes.Contains(value, []byte(l.id)) && json.Unmarshal(value, &event) == nil
	return event.Event.Sequence, ours
}

// check demands that every acknowledged event is in the topic and has just one document.
func (l *load) check(t *testing.T) {
	t.Helper()
	lost := l.lost(t)
	require.Empty(t, lost, "acknowledged events that Kafka lost, of %d", len(l.acked))
	var missing, doubled int
	for deadline := time.Now().Add(4 * time.Minute); ; time.Sleep(time.Second) {
		documents, err := l.documents(t.Context())
		missing, doubled = 0, 0
		for sequence := range l.acked {
			if documents[sequence] == 0 {
				missing++
			}
		}
		for _, n := range documents {
			if n > 1 {
				doubled++
			}
		}
		if err == nil && missing == 0 {
			break
		}
		if time.Now().After(deadline) {
			require.NoError(t, err)
			break
		}
	}
	t.Logf("%d events acknowledged: %d lost in Kafka, %d without a document, %d with several", len(l.acked), len(lost), missing, doubled)
	require.Zero(t, missing, "acknowledged events without a document, of %d; the engine has to read, of each partition, %s", len(l.acked), l.r.unread(t.Context()))
	require.Zero(t, doubled, "events with several documents, of %d", len(l.acked))
}

// documents are how many there are of each sequence.
func (l *load) documents(ctx context.Context) (map[int64]int, error) {
	if err := l.r.elastic(ctx, "POST", l.r.index+"/_refresh", "", nil); err != nil {
		return nil, err
	}
	documents := map[int64]int{}
	for after := ""; ; {
		var answer struct {
			Hits struct {
				Hits []struct {
					Fields map[string][]int64
					Sort   json.RawMessage
				}
			}
		}
		query := fmt.Sprintf(`{"size":10000,"_source":false,"docvalue_fields":["event.sequence"],"query":{"term":{"labels.run_id":%q}},"sort":["event.sequence","event.id","_index"]%s}`, l.id, after)
		// All shards or an error.
		if err := l.r.elastic(ctx, "POST", l.r.index+"/_search?allow_partial_search_results=false", query, &answer); err != nil {
			return nil, err
		}
		for _, hit := range answer.Hits.Hits {
			for _, sequence := range hit.Fields["event.sequence"] {
				documents[sequence]++
			}
		}
		if len(answer.Hits.Hits) == 0 {
			return documents, nil
		}
		after = `,"search_after":` + strings.TrimSpace(string(answer.Hits.Hits[len(answer.Hits.Hits)-1].Sort))
	}
}
