//go:build zones

// Package zones checks the production profile on real nodes in three zones.
package zones

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
	"sluice/internal/state"
	"sluice/internal/verify"
)

const name = "sluice" // of release and namespace

func kubeconfig(t *testing.T) string {
	t.Helper()
	dir, err := state.Dir("zones")
	require.NoError(t, err)
	return filepath.Join(dir, "kubeconfig")
}

// What has three pods has one in each zone.
func TestSpread(t *testing.T) {
	client, err := kube.New(kubeconfig(t))
	require.NoError(t, err, "no cluster: CONTRIBUTING.md says how to make one")
	nodes, err := client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	zoneOf := map[string]string{}
	for _, node := range nodes.Items {
		zoneOf[node.Name] = node.Labels[corev1.LabelTopologyZone]
	}
	sets, err := client.AppsV1().StatefulSets(name).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	// Of Deployments, one that carries events.
	deployments, err := client.AppsV1().Deployments(name).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=indexer"})
	require.NoError(t, err)
	selectors := map[string]*metav1.LabelSelector{} // by component
	for _, set := range sets.Items {
		if *set.Spec.Replicas == 3 {
			selectors[set.Labels["app.kubernetes.io/name"]] = set.Spec.Selector
		}
	}
	for _, deployment := range deployments.Items {
		selectors["indexer"] = deployment.Spec.Selector
	}
	for component, labels := range selectors {
		selector := metav1.FormatLabelSelector(labels)
		pods, err := client.CoreV1().Pods(name).List(t.Context(), metav1.ListOptions{LabelSelector: selector})
		require.NoError(t, err)
		var zones []string
		for _, pod := range pods.Items {
			zones = append(zones, zoneOf[pod.Spec.NodeName])
		}
		slices.Sort(zones)
		assert.Equal(t, []string{"a", "b", "c"}, zones, "zones of %s", component)
	}
	t.Logf("one in each zone: %v", slices.Sorted(maps.Keys(selectors)))
	for _, component := range []string{"zookeeper", "kafka", "elasticsearch"} {
		assert.Contains(t, selectors, component)
	}
}

func TestVerify(t *testing.T) { verified(t, 10_000, 1_000) }

// verified sends events from inside the cluster, so many and so many a second, and demands that each is accounted for.
func verified(t *testing.T, count, rate int) verify.Report {
	t.Helper()
	report, err := verify.Run(t.Context(), verify.Options{
		Kubeconfig: kubeconfig(t), Namespace: name, Release: name,
		Count: count, Rate: rate, Timeout: 10 * time.Minute,
	})
	var text bytes.Buffer
	require.NoError(t, report.Print(&text))
	t.Log("\n" + text.String())
	require.NoError(t, err)
	return report
}
