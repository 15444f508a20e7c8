//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
	"sluice/test/live"
)

// The whole topic is read again: no document changes, none is added, and what was there is counted as a duplicate.
func TestReplay(t *testing.T) {
	p := connectPipeline(t)
	const count = 2_000
	run := p.verify(t, verify.Options{Count: count, Timeout: 3 * time.Minute}).RunID
	p.Scale(t.Context(), t, "log-generator", 0)
	t.Cleanup(func() { p.Scale(context.WithoutCancel(t.Context()), t, "log-generator", 1) })
	ends := p.readAll(t)
	firsts, _, err := verify.Bounds(t.Context(), p.kafka, p.topic)
	require.NoError(t, err)
	versions, documents := p.versions(t, run), p.count(t)
	require.Len(t, versions, count)
	for id, version := range versions {
		require.Equal(t, 1, version.Version, "version of %s before the replay", id)
	}

	pods := p.Scale(t.Context(), t, p.engine, 0)
	require.NoError(t, live.Rewind(t.Context(), p.kafka, p.topic, p.group(), firsts))
	p.Scale(t.Context(), t, p.engine, pods)
	began := time.Now()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		lag, err := live.Lag(t.Context(), p.kafka, p.topic, p.group(), ends)
		require.NoError(c, err)
		require.Empty(c, lag, "records to read of each partition")
	}, 5*time.Minute, time.Second)
	var records int64
	for partition, end := range ends {
		records += end - firsts[partition]
	}
	t.Logf("%d records read again in %.0f s, %d documents", records, time.Since(began).Seconds(), documents)
	require.Equal(t, versions, p.versions(t, run), "versions of the run's documents")
	require.Equal(t, documents, p.count(t), "documents of all runs")
	if p.hasIndexer() {
		require.GreaterOrEqual(t, p.metric(t, "indexer_documents_duplicate_total"), float64(count), "duplicates that were counted")
	}
}

// version changes whenever a document is written.
type version struct {
	Version  int `json:"_version"`
	Sequence int `json:"_seq_no"`
	Term     int `json:"_primary_term"`
}

// versions are those of a run's documents, by their ids.
func (p pipeline) versions(t *testing.T, run string) map[string]version {
	t.Helper()
	var answer struct {
		Hits struct {
			Hits []struct {
				ID string `json:"_id"`
				version
			}
		}
	}
	require.NoError(t, p.elastic(t.Context(), http.MethodPost, p.index+"/_refresh", "", nil))
	query := fmt.Sprintf(`{"size":10000,"_source":false,"version":true,"seq_no_primary_term":true,"query":{"term":{"labels.run_id":%q}}}`, run)
	require.NoError(t, p.elastic(t.Context(), http.MethodPost, p.index+"/_search?allow_partial_search_results=false", query, &answer))
	versions := map[string]version{}
	for _, hit := range answer.Hits.Hits {
		versions[hit.ID] = hit.version
	}
	require.Len(t, versions, len(answer.Hits.Hits), "documents of %s: an id has several", run)
	return versions
}

// deletedRun begins the name of each run whose index a test deletes: a replay brings its documents back.
const deletedRun = "deleted-"

// count is how many documents the logs have.
func (p pipeline) count(t *testing.T) int64 {
	t.Helper()
	require.NoError(t, p.elastic(t.Context(), http.MethodPost, p.index+"/_refresh", "", nil))
	var answer struct{ Count int64 }
	query := fmt.Sprintf(`{"query":{"bool":{"must_not":{"prefix":{"labels.run_id":%q}}}}}`, deletedRun)
	require.NoError(t, p.elastic(t.Context(), http.MethodPost, p.index+"/_count", query, &answer))
	return answer.Count
}

// The engine is killed again and again while events flow, at moments that nobody chose.
func TestKillEngineOften(t *testing.T) {
	p := connectPipeline(t)
	p.indexerOnly(t, "it is minutes away after each kill; TestKillProcesses kills it once")
	kills := live.Times(t, "kills of the engine", 2, 20)
	// The group waits ten seconds for a member that does not say that it is gone: the next kill must find something in flight.
	count := 20 * crashRate * kills
	var f flow
	var one sync.Mutex // at a time
	for i := range kills {
		f.crashes = append(f.crashes, &crash{
			what: fmt.Sprintf("the engine, kill %d", i+1),
			when: afterPart(int64(20+(i*800+rand.IntN(800))/kills), 1000),
			do: func() error {
				one.Lock()
				defer one.Unlock()
				return p.KillForGood(t.Context(), p.engine)
			},
		})
	}
	f.run(t, p.cluster, verify.Options{Count: count, Rate: crashRate, Timeout: crashTimeout})
	p.WaitReady(t, 5*time.Minute)
}

// Two indexers run, and a third one comes and goes every ten seconds while events flow.
func TestIndexersComeAndGo(t *testing.T) {
	p := connectPipeline(t)
	p.indexerOnly(t, "its pods take a minute to start")
	count := 40_000
	if live.Soak {
		count = 200_000
	}
	before := p.Scale(t.Context(), t, p.engine, 2)
	t.Cleanup(func() { p.Scale(context.WithoutCancel(t.Context()), t, p.engine, before) })
	flowing, end := context.WithCancel(t.Context())
	defer end()
	changes := 0
	var scaling sync.WaitGroup
	scaling.Go(func() {
		for replicas := int32(3); ; replicas = 5 - replicas {
			select {
			case <-flowing.Done():
				return
			case <-time.After(10 * time.Second):
			}
			_, err := p.Client.Scale(t.Context(), namespace, release+"-"+p.engine, replicas)
			assert.NoError(t, err)
			changes++
		}
	})
	report := p.verify(t, verify.Options{Count: count, Rate: crashRate, Timeout: crashTimeout, Progress: func(step string, done, total int64) {
		if step == verify.StepSearch && done == total {
			end() // the pods that Prometheus looks for must be there
		}
	}})
	scaling.Wait()
	require.GreaterOrEqual(t, changes, 3, "changes of the number of indexers")
	t.Logf("%d changes, p50 %.1f s, p99 %.1f s", changes, report.LatencyP50, report.LatencyP99)
}
