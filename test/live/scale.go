package live

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// Scale sets the number of a component's pods, and waits until there are so many and all are ready.
func (r Release) Scale(ctx context.Context, t *testing.T, component string, replicas int32) (before int32) {
	t.Helper()
	before, err := r.Client.Scale(ctx, r.Namespace, r.Name+"-"+component, replicas)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		pods, err := r.CoreV1().Pods(r.Namespace).List(ctx, r.Helm().Selector(component))
		return err == nil && len(pods.Items) == int(replicas) && !slices.ContainsFunc(pods.Items, func(pod corev1.Pod) bool { return !Ready(&pod) })
	}, 3*time.Minute, 200*time.Millisecond, "%s is not scaled to %d", component, replicas)
	return before
}
