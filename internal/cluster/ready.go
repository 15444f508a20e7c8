package cluster

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
)

// waitForNodes polls until the API answers and, if asked, every node is Ready.
func waitForNodes(ctx context.Context, kubeconfig string, ready bool) error {
	client, err := kube.New(kubeconfig)
	if err != nil {
		return err
	}
	for {
		nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err == nil && (!ready || allReady(nodes.Items)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the cluster's nodes are not ready: %w", context.Cause(ctx))
		case <-time.After(time.Second):
		}
	}
}

func allReady(nodes []corev1.Node) bool {
	for _, node := range nodes {
		for _, condition := range node.Status.Conditions {
			if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
				return false
			}
		}
	}
	return len(nodes) > 0
}
