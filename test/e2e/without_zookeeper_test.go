//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	helm "sluice/internal/release"
	"sluice/internal/state"
	"sluice/internal/verify"
	"sluice/test/live"
)

// TestMoveToKRaft goes the way of docs/kraft-migration.md from ZooKeeper to Kafka alone, on the release that the
// tests before had, and does the most telling of them again. The release stays without ZooKeeper.
func TestMoveToKRaft(t *testing.T) {
	c := connect(t)
	r := c.Helm()
	values, err := r.Values()
	require.NoError(t, err)
	mode, err := values.PathValue("kafka.mode")
	require.NoError(t, err)
	if mode != "kraft" {
		began := time.Now()
		c.moveToKRaft(t, r)
		t.Logf("moved in %.0f s", time.Since(began).Seconds())
	}
	t.Run("KillBroker", func(t *testing.T) { c.killProcesses(t, fewer, "kafka") })
	t.Run("KillNode", TestKillNode)
}

func (c *cluster) moveToKRaft(t *testing.T, r helm.Release) {
	t.Helper()
	c.verify(t, verify.Options{Count: 1_000, Rate: 1_000, Timeout: 5 * time.Minute})

	// Nobody writes any more, and the engine has read all.
	c.Scale(t.Context(), t, "log-generator", 0)
	c.engineHasReadAll(t)

	// The brokers and what they have kept go, ...
	c.Scale(t.Context(), t, "kafka", 0)
	require.NoError(t, c.CoreV1().PersistentVolumeClaims(namespace).DeleteCollection(t.Context(), metav1.DeleteOptions{}, r.Selector("kafka")))

	// ... and new ones come, of the other mode. The upgrade starts the generator again, too. Spark stays away: its
	// checkpoint knows the offsets of the old topics.
	root, err := state.Repository()
	require.NoError(t, err)
	require.NoError(t, r.Change(t.Context(), filepath.Join(root, "charts", "sluice"), []string{"kafka.mode=kraft", "zookeeper.enabled=false", "spark.enabled=false"}))
	require.NoError(t, r.Wait(t.Context(), c.Client, func(string, ...any) {}))
}

// engineHasReadAll waits until nothing is added to the topic and nothing is left to read of it.
func (c *cluster) engineHasReadAll(t *testing.T) {
	t.Helper()
	client, r := c.Kafka(t), readEngineRelease(t, c)
	var before map[int]int64
	require.EventuallyWithT(t, func(e *assert.CollectT) {
		_, ends, err := verify.Bounds(t.Context(), client, r.topic)
		require.NoError(e, err)
		last := before
		before = ends
		require.Equal(e, last, ends, "the ends of the partitions, a second ago and now")
		lag, err := live.Lag(t.Context(), client, r.topic, "sluice-"+r.engine(), ends)
		require.NoError(e, err)
		require.Empty(e, lag, "records to read of each partition")
	}, 3*time.Minute, time.Second)
}
