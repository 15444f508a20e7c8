// Package live is a running release as tests see it: whether it is ready, and what it takes to break it.
package live

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"sluice/internal/kube"
	releases "sluice/internal/release"
)

// Release is a release on a kind cluster.
type Release struct {
	*kube.Client
	Kubeconfig, Namespace, Name string
}

// Helm is the release as Helm has it.
func (r Release) Helm() releases.Release {
	return releases.Release{Kubeconfig: r.Kubeconfig, Namespace: r.Namespace, Name: r.Name}
}

// WaitReady waits until every pod of the release is ready, or of these components of it.
func (r Release) WaitReady(t *testing.T, most time.Duration, components ...string) {
	t.Helper()
	var waiting string
	for deadline := time.Now().Add(most); time.Now().Before(deadline); time.Sleep(time.Second) {
		if waiting = r.NotReady(t.Context(), components...); waiting == "" {
			return
		}
	}
	t.Fatalf("the release is not ready after %s: %s", most, waiting)
}

// NotReady says which pods of the release, or of these components of it, are not ready; "" if all are.
func (r Release) NotReady(ctx context.Context, components ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	pods, err := r.CoreV1().Pods(r.Namespace).List(ctx, r.Helm().Selector(components...))
	if err != nil {
		return err.Error()
	}
	if len(pods.Items) == 0 {
		return fmt.Sprintf("there are no pods of release %s in namespace %s", r.Name, r.Namespace)
	}
	var waiting []string
	for _, pod := range pods.Items {
		_, ofJob := pod.Labels[batchv1.JobNameLabel]
		if _, ofTest := pod.Annotations["helm.sh/hook"]; !ofJob && !ofTest && !Ready(&pod) {
			waiting = append(waiting, fmt.Sprintf("%s (%s)", pod.Name, pod.Status.Phase))
		}
	}
	return strings.Join(waiting, ", ")
}

// Ready is what the pod says of itself.
func Ready(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
