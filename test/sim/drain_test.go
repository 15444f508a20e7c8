//go:build sim

package sim

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubectl/pkg/drain"
)

// Every node is drained in turn, as in an upgrade of the nodes. The budgets of disruption never let a quorum go, and
// whatever was evicted finds another node.
func TestDrains(t *testing.T) {
	s := start(t, prodPools)
	r := s.emptyRelease(t, "sluice-drain")
	s.apply(t, r, chartDir(t), "values/values-prod.yaml")

	nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: "sluice/pool"})
	require.NoError(t, err)
	require.Len(t, nodes.Items, 12)
	evicted := 0
	fewest := s.watchQuorums(t, r.Namespace, func() {
		for _, node := range nodes.Items { // the next one at once: only the budgets wait for what was evicted
			evicted += s.drain(t, &node)
		}
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		require.NoError(t, r.Wait(ctx, s.client, func(string, ...any) {}), "after all drains")
	})
	assert.GreaterOrEqual(t, evicted, 9, "evicted pods: at least those of the quorums")
	for _, component := range quorums {
		assert.Equal(t, 2, fewest[component], "the fewest pods of %s that were ready at a time", component)
	}
	s.uninstall(t, r)
}

// drain evicts the pods of a node, gives the node back, and returns how many pods there were.
func (s simulation) drain(t *testing.T, node *corev1.Node) int {
	t.Helper()
	helper := &drain.Helper{
		Ctx: t.Context(), Client: s.client.Interface, Timeout: timeout, GracePeriodSeconds: -1,
		IgnoreAllDaemonSets: true, DeleteEmptyDirData: true, Out: io.Discard, ErrOut: io.Discard,
	}
	require.NoError(t, drain.RunCordonOrUncordon(helper, node, true))
	list, errs := helper.GetPodsForDeletion(node.Name)
	require.Empty(t, errs)
	require.NoError(t, helper.DeleteOrEvictPods(list.Pods()), "drain of %s", node.Name)
	node, err := s.client.CoreV1().Nodes().Get(t.Context(), node.Name, metav1.GetOptions{})
	require.NoError(t, err)
	require.NoError(t, drain.RunCordonOrUncordon(helper, node, false))
	return len(list.Pods())
}

// watchQuorums returns the fewest ready pods of each quorum's component that were seen while f ran.
func (s simulation) watchQuorums(t *testing.T, namespace string, f func()) map[string]int {
	t.Helper()
	fewest := map[string]int{}
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			for _, component := range quorums {
				ready, err := s.readyPods(t.Context(), namespace, component)
				if before, seen := fewest[component]; err == nil && (!seen || ready < before) {
					fewest[component] = ready
				}
			}
			select {
			case <-done:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-watched
	return fewest
}

func (s simulation) readyPods(ctx context.Context, namespace, component string) (int, error) {
	pods, err := s.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + component})
	if err != nil {
		return 0, err
	}
	ready := 0
	for _, pod := range pods.Items {
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil {
				ready++
			}
		}
	}
	return ready, nil
}
