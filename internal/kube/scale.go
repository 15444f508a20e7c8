package kube

import (
	"context"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
)

// scalable are the StatefulSets or the Deployments of a namespace.
type scalable interface {
	GetScale(ctx context.Context, name string, o metav1.GetOptions) (*autoscalingv1.Scale, error)
	UpdateScale(ctx context.Context, name string, scale *autoscalingv1.Scale, o metav1.UpdateOptions) (*autoscalingv1.Scale, error)
}

// Scale sets the replicas of the StatefulSet or Deployment of that name, and returns how many it had. The error satisfies
// apierrors.IsNotFound if there is neither.
func (c *Client) Scale(ctx context.Context, namespace, name string, replicas int32) (was int32, err error) {
	err = retry.RetryOnConflict(retry.DefaultBackoff, func() (err error) {
		was, err = c.scaleOnce(ctx, namespace, name, replicas)
		return err
	})
	return was, err
}

// scaleOnce fails when a controller has changed the workload meanwhile.
func (c *Client) scaleOnce(ctx context.Context, namespace, name string, replicas int32) (was int32, err error) {
	var workloads scalable = c.AppsV1().StatefulSets(namespace)
	scale, err := workloads.GetScale(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		workloads = c.AppsV1().Deployments(namespace)
		scale, err = workloads.GetScale(ctx, name, metav1.GetOptions{})
	}
	if err != nil {
		return 0, err
	}
	was, scale.Spec.Replicas = scale.Spec.Replicas, replicas
	_, err = workloads.UpdateScale(ctx, name, scale, metav1.UpdateOptions{})
	return was, err
}
