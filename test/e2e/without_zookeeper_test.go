//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	helm "sluice/internal/release"
	"sluice/internal/state"
	"sluice/internal/verify"
)

// TestMoveToKRaft goes the way of docs/kraft-migration.md from ZooKeeper to Kafka alone, on the release that the
// tests before had, and does the most telling of them again. The release stays without ZooKeeper.
func TestMoveToKRaft(t *testing.T) {
	c := connect(t)
	r := helm.Release{Kubeconfig: c.Kubeconfig, Namespace: namespace, Name: release}
	values, err := r.Values()
	require.NoError(t, err)
	mode, err := values.PathValue("kafka.mode")
	require.NoError(t, err)
	if mode != "kraft" {
		began := time.Now()
		c.moveToKRaft(t, r)
		t.Logf("moved in %.0f s", time.Since(began).Seconds())
	}
	t.Run("KillProcesses", TestKillProcesses)
	t.Run("KillNode", TestKillNode)
}

func (c *cluster) moveToKRaft(t *testing.T, r helm.Release) {
	t.Helper()
	// Nobody writes any more, and the engine has read all: these events are the last ones.
	generator := c.AppsV1().Deployments(namespace)
	_, err := generator.UpdateScale(t.Context(), release+"-log-generator", c.scale(release+"-log-generator", 0), metav1.UpdateOptions{})
	require.NoError(t, err)
	c.verify(t, verify.Options{Count: 1_000, Rate: 1_000, Timeout: 5 * time.Minute})

	// The brokers and what they have kept go, ...
	_, err = c.AppsV1().StatefulSets(namespace).UpdateScale(t.Context(), release+"-kafka", c.scale(release+"-kafka", 0), metav1.UpdateOptions{})
	require.NoError(t, err)
	selector := metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + release + ",app.kubernetes.io/name=kafka"}
	require.Eventually(t, func() bool {
		pods, err := c.CoreV1().Pods(namespace).List(t.Context(), selector)
		return err == nil && len(pods.Items) == 0
	}, 3*time.Minute, time.Second, "brokers do not stop")
	require.NoError(t, c.CoreV1().PersistentVolumeClaims(namespace).DeleteCollection(t.Context(), metav1.DeleteOptions{}, selector))

	// ... and new ones come, of the other mode. The upgrade starts the generator again, too. Spark stays away: its
	// checkpoint knows the offsets of the old topics.
	root, err := state.Repository()
	require.NoError(t, err)
	require.NoError(t, r.Change(t.Context(), filepath.Join(root, "charts", "sluice"), []string{"kafka.mode=kraft", "zookeeper.enabled=false", "spark.enabled=false"}))
	require.NoError(t, r.Wait(t.Context(), c.Client, func(string, ...any) {}))
}

func (c *cluster) scale(name string, replicas int32) *autoscalingv1.Scale {
	return &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec:       autoscalingv1.ScaleSpec{Replicas: replicas},
	}
}
