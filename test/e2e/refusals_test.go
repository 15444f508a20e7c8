//go:build e2e

package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
	"sluice/test/live"
)

// Elasticsearch refuses writes as it does when a disk is full, and as an operator has it do, and then answers nothing at all: each
// time the engine repeats, and no event becomes a dead letter.
func TestElasticsearchRefuses(t *testing.T) {
	p := connectPipeline(t)
	elasticsearch := release + "-elasticsearch-0"
	t.Cleanup(func() {
		after := context.WithoutCancel(t.Context())
		assert.NoError(t, p.block(after, p.index, "read_only", false))
		assert.NoError(t, p.block(after, p.index, "read_only_allow_delete", false))
		assert.NoError(t, p.Signal(after, "CONT", elasticsearch))
	})
	blocked := func(block string) func() error {
		return func() error {
			if err := p.block(t.Context(), p.index, block, true); err != nil {
				return err
			}
			time.Sleep(5 * time.Second)
			return p.block(t.Context(), p.index, block, false)
		}
	}
	f := flow{crashes: []*crash{
		{what: "writing, as with a full disk", when: afterPart(1, 10), do: blocked("read_only_allow_delete")},
		{what: "writing, as by an operator", when: afterPart(4, 10), do: blocked("read_only")},
		{what: "Elasticsearch's answers", when: afterPart(7, 10), do: func() error {
			if err := p.Signal(t.Context(), "STOP", elasticsearch); err != nil {
				return err
			}
			time.Sleep(15 * time.Second)
			return p.Signal(t.Context(), "CONT", elasticsearch)
		}},
	}}
	f.run(t, p.cluster, verify.Options{Count: fewer, Rate: crashRate, Timeout: crashTimeout})
	if p.hasIndexer() {
		assert.Positive(t, p.metric(t, "indexer_documents_retried_total"), "documents that were sent again")
	}
}

// Elasticsearch is away for ten minutes while events come. The engine waits in its memory, which does not grow beyond its limit.
func TestElasticsearchAwayForLong(t *testing.T) {
	live.SoakOnly(t)
	p := connectPipeline(t)
	starts := p.starts(t)
	const rate, away = 500, 10 * time.Minute
	f := flow{crashes: []*crash{{
		what: "Elasticsearch", when: afterPart(1, 20),
		do: func() error {
			for _, replicas := range []int32{0, 1} {
				if _, err := p.Client.Scale(t.Context(), namespace, release+"-elasticsearch", replicas); err != nil {
					return err
				}
				if replicas == 0 {
					time.Sleep(away)
				}
			}
			return nil
		},
	}}}
	f.run(t, p.cluster, verify.Options{Count: rate * 11 * 60, Rate: rate, Timeout: 30 * time.Minute})
	p.WaitReady(t, 5*time.Minute)
	require.Equal(t, starts, p.starts(t), "the engine's containers, and how often each was started: one beyond its limit is killed")
}

// starts are the engine's pods with the restarts of their containers.
func (p pipeline) starts(t *testing.T) map[string]int32 {
	t.Helper()
	pods, err := p.Pods(t.Context(), p.engine)
	require.NoError(t, err)
	starts := map[string]int32{}
	for _, pod := range pods {
		for _, status := range pod.Status.ContainerStatuses {
			starts[pod.Name+"/"+status.Name] = status.RestartCount
		}
	}
	return starts
}

// An index is deleted while it is written to: what comes afterwards is in a new one, with the right types of fields.
func TestIndexDeletedMeanwhile(t *testing.T) {
	p := connectPipeline(t)
	run := fmt.Sprintf("%s%d", deletedRun, time.Now().UnixNano())
	day := time.Now().AddDate(0, 0, -2) // only this test's events are of it
	index := p.index + "-" + day.UTC().Format("2006.01.02")
	var letters float64
	if p.hasIndexer() {
		letters = p.metric(t, "indexer_dead_letters_total")
	}
	sent := 0
	send := func(until time.Time) (ids []string) {
		for ; time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
			var events [][]byte
			for range 20 {
				ids = append(ids, fmt.Sprintf("%s/%d", run, sent))
				events = append(events, event(ids[len(ids)-1], day))
				sent++
			}
			p.send(t, p.topic, events...)
		}
		return ids
	}
	p.awaitOne(t, send(time.Now().Add(time.Second)), time.Minute)

	deleted := make(chan error, 1)
	began := time.Now()
	go func() {
		time.Sleep(time.Second)
		deleted <- p.elastic(t.Context(), http.MethodDelete, index, "", nil)
	}()
	meanwhile := send(began.Add(2 * time.Second))
	require.NoError(t, <-deleted)
	after := send(time.Now().Add(time.Second))
	t.Logf("%d events while it was deleted, %d afterwards", len(meanwhile), len(after))
	documents := p.awaitOne(t, after, time.Minute)
	assert.Equal(t, index, documents[after[0]][0].Index)

	var mappings map[string]struct {
		Mappings struct {
			Properties struct{ Labels struct{ Type string } }
		}
	}
	require.NoError(t, p.elastic(t.Context(), http.MethodGet, index+"/_mapping", "", &mappings))
	assert.Equal(t, "flattened", mappings[index].Mappings.Properties.Labels.Type, "the type of labels, which the template says")
	if p.hasIndexer() {
		assert.Equal(t, letters, p.metric(t, "indexer_dead_letters_total"), "dead letters")
	}
}

// The index of the dead letters takes no writes: nothing is lost, and what comes beside the bad records is not kept waiting.
func TestDeadLetterIndexRefuses(t *testing.T) {
	p := connectPipeline(t)
	run := fmt.Sprintf("letters-%d", time.Now().UnixNano())
	bad := func(name string) (record []byte, id string) {
		record = fmt.Appendf(nil, `{"message": "cut off in %s, %s`, run, name)
		return record, fmt.Sprintf("%x", sha256.Sum256(record))
	}
	record, letter := bad("before")
	p.send(t, p.topic, record)
	p.awaitOne(t, []string{letter}, time.Minute) // now there is an index

	letters := p.index + "-dead-letter"
	t.Cleanup(func() { assert.NoError(t, p.block(context.WithoutCancel(t.Context()), letters, "write", false)) })
	require.NoError(t, p.block(t.Context(), letters, "write", true))
	record, letter = bad("meanwhile")
	first, last := run+"/first", run+"/last"
	offset := p.send(t, p.topic, event(first, time.Now()), record, event(last, time.Now())) + 1
	if p.hasIndexer() {
		p.awaitOne(t, []string{first, last}, time.Minute)
		time.Sleep(5 * time.Second) // it commits every second
		assert.LessOrEqual(t, p.committed(t), offset, "the committed offset: that of the bad record, which is not kept, at most")
	}
	require.NoError(t, p.block(t.Context(), letters, "write", false))

	documents := p.awaitOne(t, []string{first, letter, last}, 2*time.Minute)
	assert.Equal(t, letters, documents[letter][0].Index)
	var source struct{ Kafka struct{ Offset int64 } }
	require.NoError(t, json.Unmarshal(documents[letter][0].Source, &source))
	assert.Equal(t, offset, source.Kafka.Offset)
	require.Eventually(t, func() bool { return p.committed(t) > offset }, time.Minute, time.Second, "the offset of the bad record is not committed")
}

// committed is the engine's offset in partition 0 of the logs.
func (p pipeline) committed(t *testing.T) int64 {
	t.Helper()
	offsets, err := verify.Committed(t.Context(), p.kafka, p.topic, p.group(), map[int]int64{0: 0})
	require.NoError(t, err)
	return offsets[0]
}

// block makes indices refuse something, or no more.
func (p pipeline) block(ctx context.Context, index, block string, on bool) error {
	return p.elastic(ctx, http.MethodPut, index+"/_settings", fmt.Sprintf(`{"index.blocks.%s":%t}`, block, on), nil)
}
