package live

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// scalable are the StatefulSets or the Deployments of a namespace.
type scalable interface {
	GetScale(ctx context.Context, name string, o metav1.GetOptions) (*autoscalingv1.Scale, error)
	UpdateScale(ctx context.Context, name string, scale *autoscalingv1.Scale, o metav1.UpdateOptions) (*autoscalingv1.Scale, error)
}

// Scale sets the number of a component's pods, and waits until there are so many and all are ready.
func (r Release) Scale(ctx context.Context, t *testing.T, component string, replicas int32) (before int32) {
	t.Helper()
	name := r.Name + "-" + component
	var workloads scalable = r.AppsV1().StatefulSets(r.Namespace)
	scale, err := workloads.GetScale(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		workloads = r.AppsV1().Deployments(r.Namespace)
		scale, err = workloads.GetScale(ctx, name, metav1.GetOptions{})
	}
	require.NoError(t, err)
	before, scale.Spec.Replicas = scale.Spec.Replicas, replicas
	_, err = workloads.UpdateScale(ctx, name, scale, metav1.UpdateOptions{})
	require.NoError(t, err)
	selector := "app.kubernetes.io/instance=" + r.Name + ",app.kubernetes.io/name=" + component
	require.Eventually(t, func() bool {
		pods, err := r.CoreV1().Pods(r.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return false
		}
		ready := 0
		for _, pod := range pods.Items {
			if Ready(&pod) {
				ready++
			}
		}
		return len(pods.Items) == int(replicas) && ready == len(pods.Items)
	}, 3*time.Minute, 200*time.Millisecond, "%s is not scaled to %d", component, replicas)
	return before
}
