//go:build sim

package sim

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// zonesOf are the zones of a component's pods, sorted, one for each pod.
func (s simulation) zonesOf(t *testing.T, namespace, component string) []string {
	t.Helper()
	var found []string
	for _, pod := range s.pods(t, namespace, "app.kubernetes.io/name="+component) {
		found = append(found, s.node(t, pod).Labels[corev1.LabelTopologyZone])
	}
	slices.Sort(found)
	return found
}

// checkNodes fails for a pod on a node that is not simulated.
func (s simulation) checkNodes(t *testing.T, namespace string) {
	t.Helper()
	for _, pod := range s.pods(t, namespace, "") {
		assert.Equal(t, "fake", s.node(t, pod).Annotations["kwok.x-k8s.io/node"], "%s runs on %s", pod.Name, pod.Spec.NodeName)
	}
}

// checkPools fails for a pod on a node of another pool than values-prod.yaml names: on the general one, unless told.
func (s simulation) checkPools(t *testing.T, namespace string) {
	t.Helper()
	var preset struct {
		Global struct{ Pools map[string]string }
	}
	content, err := os.ReadFile(filepath.Join(repository(t), "values", "values-prod.yaml"))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, &preset))
	require.NotEmpty(t, preset.Global.Pools)
	for _, pod := range s.pods(t, namespace, "") {
		want := cmp.Or(preset.Global.Pools[pod.Labels["app.kubernetes.io/name"]], "general")
		assert.Equal(t, want, s.node(t, pod).Labels["sluice/pool"], "the pool of %s", pod.Name)
	}
}

func (s simulation) pods(t *testing.T, namespace, selector string) []corev1.Pod {
	t.Helper()
	pods, err := s.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: selector})
	require.NoError(t, err)
	require.NotEmpty(t, pods.Items, "pods in %s with labels %q", namespace, selector)
	return pods.Items
}

func (s simulation) node(t *testing.T, pod corev1.Pod) *corev1.Node {
	t.Helper()
	node, err := s.client.CoreV1().Nodes().Get(t.Context(), pod.Spec.NodeName, metav1.GetOptions{})
	require.NoError(t, err)
	return node
}
