//go:build sim

package sim

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/cluster"
	"sluice/test/nodepools"
)

var zones = []string{"a", "b", "c"}

var prodPools = nodepools.Simulated(nodepools.Prod)

// onePool are so many nodes of 4 CPUs in each zone.
func onePool(perZone int) []cluster.NodePool {
	return []cluster.NodePool{{Name: "general", PerZone: perZone, Capacity: nodepools.Capacity("4", "16Gi")}}
}

// nodesOf makes the simulated nodes those of the pools, and checks what the API server has of them.
func (s simulation) nodesOf(t *testing.T, pools []cluster.NodePool) {
	t.Helper()
	want := 0
	for _, pool := range pools {
		want += len(zones) * pool.PerZone
	}
	timed(t, fmt.Sprintf("%d nodes", want), func() { require.NoError(t, s.Simulate(t.Context(), zones, pools)) })
	for _, pool := range pools {
		nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: "sluice/pool=" + pool.Name})
		require.NoError(t, err)
		require.Len(t, nodes.Items, len(zones)*pool.PerZone)
		for _, node := range nodes.Items {
			for name, quantity := range pool.Capacity {
				require.True(t, quantity.Equal(node.Status.Allocatable[name]), "%s of %s", name, node.Name)
			}
			// Kubernetes adds taints of its own for a moment.
			tainted := slices.Contains(node.Spec.Taints, corev1.Taint{Key: "sluice/pool", Value: pool.Name, Effect: corev1.TaintEffectNoSchedule})
			require.Equal(t, pool.Dedicated, tainted, "%s: %v", node.Name, node.Spec.Taints)
		}
	}
}
