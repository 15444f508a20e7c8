//go:build zones

package zones

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
	"sluice/test/live"
)

// The whole topic is read again: an event that has its document gets no second one, whether the engine writes it again
// or Elasticsearch refuses it because it is there.
func TestReplay(t *testing.T) {
	r, l := underLoad(t)
	require.Eventually(t, func() bool { return l.count() >= 2000 }, 2*time.Minute, 100*time.Millisecond)
	l.stop(t)
	l.check(t)
	firsts, ends, err := verify.Bounds(t.Context(), r.kafka, r.topic)
	require.NoError(t, err)
	var records int64
	for partition, end := range ends {
		records += end - firsts[partition]
	}
	documents := r.settled(t)
	require.GreaterOrEqual(t, records, documents, "the topic must still hold what is replayed")
	for range live.Times(t, "replays", 1, 2) {
		_, writesBefore := r.counts(t)
		pods := r.Scale(t.Context(), t, r.engine, 0)
		require.NoError(t, live.Rewind(t.Context(), r.kafka, r.topic, r.group, firsts))
		r.Scale(t.Context(), t, r.engine, pods)
		// The last records are indexed a moment after they are committed.
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			lag, err := live.Lag(t.Context(), r.kafka, r.topic, r.group, ends)
			require.NoError(c, err)
			require.Empty(c, lag, "records to read of each partition")
			_, writes := r.counts(t)
			require.GreaterOrEqual(c, writes-writesBefore, documents, "writes that Elasticsearch was asked for again")
		}, 5*time.Minute, time.Second)
		after := r.settled(t)
		_, writes := r.counts(t)
		t.Logf("%d records read again, %d writes asked for, %d documents before, %d after", records, writes-writesBefore, documents, after)
		require.Equal(t, documents, after, "documents after a replay")
	}
}

// settled are the documents of the logs when no more come: the engine may hold some of earlier events, which it sends again
// after some seconds.
func (r *release) settled(t *testing.T) (documents int64) {
	t.Helper()
	since := time.Now()
	require.Eventually(t, func() bool {
		now, _ := r.counts(t)
		if now != documents {
			documents, since = now, time.Now()
		}
		return time.Since(since) > 15*time.Second
	}, 3*time.Minute, time.Second, "documents still come")
	return documents
}

// counts are the documents of the logs, and how many writes Elasticsearch was asked for since its start.
func (r *release) counts(t *testing.T) (documents, writes int64) {
	t.Helper()
	var count struct{ Count int64 }
	var stats struct {
		All struct {
			Primaries struct {
				Indexing struct {
					Total  int64 `json:"index_total"`
					Failed int64 `json:"index_failed"`
				}
			}
		} `json:"_all"`
	}
	require.NoError(t, r.elastic(t.Context(), "POST", r.index+"/_refresh", "", nil))
	require.NoError(t, r.elastic(t.Context(), "GET", r.index+"/_count", "", &count))
	require.NoError(t, r.elastic(t.Context(), "GET", r.index+"/_stats/indexing", "", &stats))
	return count.Count, stats.All.Primaries.Indexing.Total + stats.All.Primaries.Indexing.Failed
}

// unread is the lag now, for somebody who looks for a fault.
func (r *release) unread(ctx context.Context) string {
	_, ends, err := verify.Bounds(ctx, r.kafka, r.topic)
	if err != nil {
		return err.Error()
	}
	lag, err := live.Lag(ctx, r.kafka, r.topic, r.group, ends)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(lag)
}
