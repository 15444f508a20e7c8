//go:build sim

package sim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
)

// A thousand nodes and a stack to fill them. Goal: 120 s from the nodes to the last ready pod.
func TestThousandNodes(t *testing.T) {
	s := start(t, onePool(1)) // the cluster's own creation is not counted
	r := s.emptyRelease(t, "sluice-scale")
	timed(t, "1,002 nodes and the stack, ready", func() {
		s.nodesOf(t, onePool(334))
		s.apply(t, r, chartDir(t), "test/sim/testdata/values-scale.yaml")
	})
	pods := s.pods(t, r.Namespace, "")
	t.Logf("%d pods", len(pods))
	perZone := map[string]int{}
	for _, pod := range s.pods(t, r.Namespace, "app.kubernetes.io/name=kafka") {
		perZone[s.node(t, pod).Labels[corev1.LabelTopologyZone]]++
	}
	assert.Equal(t, map[string]int{"a": 20, "b": 20, "c": 20}, perZone, "brokers of each zone")
	s.uninstall(t, r)
}
