//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	helm "sluice/internal/release"
	"sluice/internal/state"
	"sluice/internal/verify"
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
	c.pipeline(t).readAll(t)

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
