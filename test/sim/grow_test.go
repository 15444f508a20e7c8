//go:build sim

package sim

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/rebalance"
)

// What would lose data in a running release is refused before anything is changed: only the cluster knows what runs.
func TestUnsafeScalingIsRefused(t *testing.T) {
	s := start(t, prodPools)
	r := s.emptyRelease(t, "sluice-grow")
	apply := func(set ...string) error {
		return r.Apply(t.Context(), chartDir(t), []string{filepath.Join(repository(t), "values/values-prod.yaml")}, set)
	}
	require.NoError(t, apply("kafka.replicas=4", "zookeeper.replicas=1"))
	require.ErrorContains(t, apply("kafka.replicas=4", "zookeeper.replicas=3"),
		"zookeeper.replicas is 3, but 1 run: go one at a time, or two majorities could lead beside each other. Set it to 2 first")
	require.ErrorContains(t, apply("kafka.replicas=4", "zookeeper.replicas=1", "elasticsearch.replicas=4"),
		"elasticsearch.replicas is 4, but 3 run: set elasticsearch.config.bootstrap to false")
	require.NoError(t, apply("kafka.replicas=4", "zookeeper.replicas=1", "elasticsearch.replicas=4", "elasticsearch.config.bootstrap=false"))

	const refused = "kafka.replicas is 3, but 4 run: move their partitions away first, with sluice rebalance --brokers 3"
	fewer := []string{"kafka.replicas=3", "zookeeper.replicas=1", "elasticsearch.replicas=4", "elasticsearch.config.bootstrap=false"}
	require.ErrorContains(t, apply(fewer...), refused)
	require.NoError(t, rebalance.Remember(t.Context(), s.client, r.Namespace, r.Name, 3))
	require.NoError(t, apply(fewer...))

	// More brokers get partitions again, so what was remembered counts no more.
	require.NoError(t, apply("kafka.replicas=4", "zookeeper.replicas=1", "elasticsearch.replicas=4", "elasticsearch.config.bootstrap=false"))
	require.ErrorContains(t, apply(fewer...), refused)
}
