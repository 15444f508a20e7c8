//go:build zones

package zones

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"sluice/test/live"
)

// unavailable is how long nothing may be acknowledged, or found, while pods are replaced one by one. SLUICE_SOAK=1, which
// has a machine to itself, holds the target; the tier, which may run beside other work or on slow disks, three times as much:
// a partition that is not handed over at all waits for longer.
func unavailable() time.Duration {
	const target = 20 * time.Second
	if live.Soak {
		return target
	}
	return 3 * target
}

// Every pod of Kafka and Elasticsearch is replaced, as an upgrade does.
func TestRollingRestart(t *testing.T) {
	r, l := underLoad(t)
	s := r.startSearch(t)
	began := time.Now()
	kafkas, nodes := r.restart(t, "kafka"), r.restart(t, "elasticsearch")
	r.waitRollout(t, "kafka")
	r.waitRollout(t, "elasticsearch")
	took := time.Since(began)
	time.Sleep(2 * time.Second) // polls after the last pod is back
	s.stop()
	l.stop(t)
	t.Logf("%d brokers and %d nodes of Elasticsearch replaced in %.0f s: no acknowledgement for %.1f s at most, no answer to a search for %.1f s at most, red at %d of %d polls",
		kafkas, nodes, took.Seconds(), l.longest.Seconds(), s.longest.Seconds(), s.red, s.polls)
	require.EqualValues(t, 3, kafkas)
	require.EqualValues(t, 3, nodes)
	assert.LessOrEqual(t, l.longest, unavailable(), "no partition may go without an acknowledgement for longer")
	assert.LessOrEqual(t, s.longest, unavailable(), "searches may not fail for longer")
	assert.Zero(t, s.red, "polls that found Elasticsearch red")
	l.check(t)
}

// restart does what `kubectl rollout restart` does, and returns how many pods that replaces.
func (r *release) restart(t *testing.T, component string) int32 {
	t.Helper()
	set, err := r.AppsV1().StatefulSets(name).Patch(t.Context(), name+"-"+component, types.StrategicMergePatchType, restarted(), metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		deployment, err := r.AppsV1().Deployments(name).Patch(t.Context(), name+"-"+component, types.StrategicMergePatchType, restarted(), metav1.PatchOptions{})
		require.NoError(t, err)
		return *deployment.Spec.Replicas
	}
	require.NoError(t, err)
	return *set.Spec.Replicas
}

func restarted() []byte {
	return fmt.Appendf(nil, `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":%q}}}}}`, time.Now().Format(time.RFC3339))
}

func (r *release) waitRollout(t *testing.T, component string) {
	t.Helper()
	require.Eventually(t, func() bool {
		set, err := r.AppsV1().StatefulSets(name).Get(t.Context(), name+"-"+component, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return r.deploymentRolledOut(t.Context(), component)
		}
		return err == nil && set.Status.ObservedGeneration >= set.Generation && set.Status.UpdateRevision == set.Status.CurrentRevision &&
			set.Status.ReadyReplicas == *set.Spec.Replicas
	}, 8*time.Minute, 500*time.Millisecond, "the rollout of %s does not end", component)
}

func (r *release) deploymentRolledOut(ctx context.Context, component string) bool {
	deployment, err := r.AppsV1().Deployments(name).Get(ctx, name+"-"+component, metav1.GetOptions{})
	if err != nil {
		return false
	}
	want, status := *deployment.Spec.Replicas, deployment.Status
	return status.ObservedGeneration >= deployment.Generation && status.UpdatedReplicas == want && status.ReadyReplicas == want && status.Replicas == want
}
