//go:build zones

package zones

import (
	"context"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubectl/pkg/drain"

	"sluice/test/live"
)

// Whole workers are killed and started again, each in turn, and then each is drained, as in an upgrade of the nodes.
func TestNodes(t *testing.T) {
	r, l := underLoad(t)
	workers := r.workers(t)
	require.Len(t, workers, 3)
	for i := range live.Times(t, "kills of nodes", 1, 10) {
		node, before, began := workers[i%len(workers)], l.count(), time.Now()
		r.killNodes(t, node)
		r.WaitReady(t, 5*time.Minute, r.pipeline()...)
		t.Logf("kill %d: %s, the pipeline ready again after %.0f s, %d events acknowledged meanwhile", i+1, node, time.Since(began).Seconds(), l.count()-before)
		require.Greater(t, l.count(), before, "no load during a kill says nothing")
	}
	quorums := []string{"kafka", "zookeeper", "elasticsearch"}
	began := time.Now()
	fewest := r.fewestStarted(t, quorums, func() {
		for _, node := range workers[:live.Times(t, "drains of nodes", 1, len(workers))] {
			before, began := l.count(), time.Now()
			evicted := r.drain(t, node)
			t.Logf("drain of %s: %d pods evicted in %.0f s, %d events acknowledged meanwhile", node, evicted, time.Since(began).Seconds(), l.count()-before)
		}
		r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	})
	t.Logf("drained and the pipeline ready again after %.0f s; the fewest pods that had started: %v", time.Since(began).Seconds(), fewest)
	for _, component := range quorums {
		require.Equal(t, 2, fewest[component], "the fewest pods of %s that had started: each was evicted, one at a time", component)
	}
	l.stop(t)
	t.Logf("the longest wait of a partition for an acknowledgement %.1f s", l.longest.Seconds())
	l.check(t)
	r.WaitReady(t, 15*time.Minute)
}

// The API server goes and comes back: events flow on without it, and nothing restarts. The load of the other tests reaches
// Kafka through the API server, so here it is one from inside.
func TestControlPlane(t *testing.T) {
	live.SoakOnly(t)
	r := connect(t)
	r.WaitReady(t, 5*time.Minute)
	workers := r.workers(t)
	running, err := r.runningOn(t.Context(), workers)
	require.NoError(t, err)
	const node = "sluice-zones-control-plane"
	t.Cleanup(func() { _, _ = live.Docker(context.WithoutCancel(t.Context()), "start", node) })
	var outage sync.WaitGroup
	outage.Go(func() {
		time.Sleep(20 * time.Second) // the generator has started
		_, err := live.Docker(t.Context(), "kill", node)
		assert.NoError(t, err)
		time.Sleep(time.Minute) // longer than leases, of 40 s
		_, err = live.Docker(t.Context(), "start", node)
		assert.NoError(t, err)
	})
	defer outage.Wait() // of a test that fails meanwhile
	const rate, count = 200, 24_000
	report := verified(t, count, rate)
	outage.Wait()
	require.Less(t, report.Generating, 1.1*count/rate, "Kafka must acknowledge as fast as events come, without an API server")
	now, err := r.runningOn(t.Context(), workers)
	require.NoError(t, err)
	for id := range running {
		require.True(t, now[id], "container %s ran before", id)
	}
}

func (r *release) workers(t *testing.T) []string {
	t.Helper()
	nodes, err := r.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: corev1.LabelTopologyZone})
	require.NoError(t, err)
	var names []string
	for _, node := range nodes.Items {
		names = append(names, node.Name)
	}
	slices.Sort(names)
	return names
}

// killNodes takes the power from nodes, all at once, gives it back, and waits until the kubelets have seen what that did:
// until then the API server tells of pods that are ready what was true before.
func (r *release) killNodes(t *testing.T, nodes ...string) {
	t.Helper()
	before, err := r.runningOn(t.Context(), nodes)
	require.NoError(t, err)
	require.NotEmpty(t, before, "containers that run on %v", nodes)
	for _, node := range nodes {
		t.Cleanup(func() { // of a test that fails between the two
			_, _ = live.Docker(context.WithoutCancel(t.Context()), "start", node)
		})
	}
	_, err = live.Docker(t.Context(), append([]string{"kill"}, nodes...)...)
	require.NoError(t, err)
	// In their order, so that each gets its address again.
	for _, node := range nodes {
		_, err := live.Docker(t.Context(), "start", node)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		now, err := r.runningOn(t.Context(), nodes)
		if err != nil {
			return false
		}
		for id := range before {
			if now[id] {
				return false
			}
		}
		return true
	}, 3*time.Minute, 500*time.Millisecond, "nodes %v do not come back", nodes)
}

// runningOn are the ids of the containers that run on nodes, as far as the API server knows.
func (r *release) runningOn(ctx context.Context, nodes []string) (map[string]bool, error) {
	pods, err := r.CoreV1().Pods(name).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, pod := range pods.Items {
		for _, status := range pod.Status.ContainerStatuses {
			if status.State.Running != nil && slices.Contains(nodes, pod.Spec.NodeName) {
				ids[status.ContainerID] = true
			}
		}
	}
	return ids, nil
}

// drain evicts the pods of a node, as far as the budgets let it, gives the node back, and returns how many there were.
func (r *release) drain(t *testing.T, name string) int {
	t.Helper()
	helper := &drain.Helper{
		Ctx: t.Context(), Client: r.Interface, Timeout: 10 * time.Minute, GracePeriodSeconds: -1,
		IgnoreAllDaemonSets: true, DeleteEmptyDirData: true, Out: io.Discard, ErrOut: io.Discard,
	}
	node, err := r.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { // a test that fails gives the node back too
		_ = r.uncordon(context.WithoutCancel(t.Context()), helper, name)
	})
	require.NoError(t, drain.RunCordonOrUncordon(helper, node, true))
	list, errs := helper.GetPodsForDeletion(name)
	require.Empty(t, errs)
	err = helper.DeleteOrEvictPods(list.Pods())
	require.NoError(t, err, "drain of %s; not ready: %s", name, r.NotReady(t.Context()))
	require.NoError(t, r.uncordon(t.Context(), helper, name))
	return len(list.Pods())
}

func (r *release) uncordon(ctx context.Context, helper *drain.Helper, name string) error {
	node, err := r.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	helper.Ctx = ctx
	return drain.RunCordonOrUncordon(helper, node, false)
}

// fewestStarted are the fewest pods of each component that were seen to have started, and not to be on their way out, while f
// ran. A probe of readiness that is late on a busy machine takes nothing from a quorum.
func (r *release) fewestStarted(t *testing.T, components []string, f func()) map[string]int {
	t.Helper()
	fewest := map[string]int{}
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			for _, component := range components {
				pods, err := r.CoreV1().Pods(name).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + component})
				if err != nil {
					continue
				}
				n := 0
				for _, pod := range pods.Items {
					if pod.DeletionTimestamp == nil && started(&pod) {
						n++
					}
				}
				if before, seen := fewest[component]; !seen || n < before {
					fewest[component] = n
				}
			}
			select {
			case <-done:
				return
			case <-time.After(500 * time.Millisecond):
			}
		}
	})
	defer func() { close(done); watch.Wait() }()
	f()
	return fewest
}

func started(pod *corev1.Pod) bool {
	for _, status := range pod.Status.ContainerStatuses {
		if status.Started == nil || !*status.Started {
			return false
		}
	}
	return len(pod.Status.ContainerStatuses) > 0
}
