//go:build e2e

package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sender's clock is 40 days off: its events make no index of a day that is over, or has not come, and do not look like a delay.
func TestClockFarOff(t *testing.T) {
	p := connectPipeline(t)
	run := fmt.Sprintf("clock-%d", time.Now().UnixNano())
	const delay = "indexer_delivery_seconds_sum"
	var before float64
	if p.hasIndexer() {
		before = p.metric(t, delay)
	}
	slow, fast, right := run+"/slow", run+"/fast", run+"/right"
	now := time.Now()
	p.send(t, p.topic, event(slow, now.AddDate(0, 0, -40)), event(fast, now.AddDate(0, 0, 40)), event(right, now))
	documents := p.awaitOne(t, []string{slow, fast, right}, time.Minute)
	assert.Equal(t, p.index+"-undated", documents[slow][0].Index)
	assert.Equal(t, p.index+"-undated", documents[fast][0].Index)
	assert.Equal(t, p.index+"-"+now.UTC().Format("2006.01.02"), documents[right][0].Index)
	if p.hasIndexer() {
		after := p.metric(t, delay)
		require.Positive(t, after)
		require.Less(t, after-before, (24 * time.Hour).Seconds(), "seconds of delay, of all events since")
	}
}
