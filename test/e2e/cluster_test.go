//go:build e2e

// Package e2e checks a running release: what goes in comes out, whatever is killed meanwhile.
package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
	"sluice/internal/run"
	"sluice/internal/verify"
)

const (
	namespace = "sluice"
	release   = "sluice"
)

// cluster is the one that `sluice up` made, or that SLUICE_KUBECONFIG names.
type cluster struct {
	*kube.Client
	kubeconfig string
}

// connect fails the test if there is no cluster with a ready release: no cluster is not a pass.
func connect(t *testing.T) *cluster {
	t.Helper()
	path := os.Getenv("SLUICE_KUBECONFIG")
	if path == "" {
		home, err := os.UserHomeDir()
		require.NoError(t, err)
		path = filepath.Join(home, ".sluice", "dev", "kubeconfig")
	}
	client, err := kube.New(path)
	require.NoError(t, err, "no cluster to test: run `make up`, or set SLUICE_KUBECONFIG")
	c := &cluster{Client: client, kubeconfig: path}
	c.waitReady(t, 3*time.Minute)
	return c
}

// waitReady waits until every pod of the release is ready.
func (c *cluster) waitReady(t *testing.T, most time.Duration) {
	t.Helper()
	var waiting string
	for deadline := time.Now().Add(most); time.Now().Before(deadline); time.Sleep(time.Second) {
		if waiting = c.notReady(t.Context()); waiting == "" {
			return
		}
	}
	t.Fatalf("the release is not ready after %s: %s", most, waiting)
}

// notReady says which pods of the release are not ready; "" if all are.
func (c *cluster) notReady(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	pods, err := c.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + release})
	if err != nil {
		return err.Error()
	}
	if len(pods.Items) == 0 {
		return fmt.Sprintf("there are no pods of release %s in namespace %s", release, namespace)
	}
	var waiting []string
	for _, pod := range pods.Items {
		if _, ofJob := pod.Labels[batchv1.JobNameLabel]; !ofJob && !isReady(&pod) {
			waiting = append(waiting, fmt.Sprintf("%s (%s)", pod.Name, pod.Status.Phase))
		}
	}
	return strings.Join(waiting, ", ")
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// verify runs a verification and demands that every check of it passes.
func (c *cluster) verify(t *testing.T, o verify.Options) verify.Report {
	t.Helper()
	o.Kubeconfig, o.Namespace, o.Release = c.kubeconfig, namespace, release
	report, err := verify.Run(t.Context(), o)
	var text bytes.Buffer
	require.NoError(t, report.Print(&text))
	t.Log("\n" + text.String())
	require.NoError(t, err)
	return report
}

// container is the running container of a pod's main process.
func (c *cluster) container(ctx context.Context, pod string) (node string, status corev1.ContainerStatus, err error) {
	p, err := c.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if err != nil {
		return "", status, err
	}
	if len(p.Status.ContainerStatuses) != 1 || p.Status.ContainerStatuses[0].State.Running == nil {
		return "", status, fmt.Errorf("pod %s has no running container", pod)
	}
	return p.Spec.NodeName, p.Status.ContainerStatuses[0], nil
}

// killProcess kills the main process of a pod with SIGKILL. It must be done from the node:
// inside its own PID namespace, process 1 can't be killed.
func (c *cluster) killProcess(ctx context.Context, pod string) (corev1.ContainerStatus, error) {
	node, status, err := c.container(ctx, pod)
	if err != nil {
		return status, err
	}
	id := strings.TrimPrefix(status.ContainerID, "containerd://")
	_, err = docker(ctx, "exec", node, "sh", "-c", fmt.Sprintf("kill -9 $(cat /run/containerd/io.containerd.runtime.v2.task/k8s.io/%s/init.pid)", id))
	return status, err
}

// restarted waits until the killed container has a successor that is ready, and proves that it died of SIGKILL.
func (c *cluster) restarted(t *testing.T, pod string, killed corev1.ContainerStatus) {
	t.Helper()
	const sigkill = 128 + 9
	require.Eventually(t, func() bool {
		_, status, err := c.container(t.Context(), pod)
		if err != nil || !status.Ready || status.ContainerID == killed.ContainerID {
			return false
		}
		last := status.LastTerminationState.Terminated
		require.NotNil(t, last, "pod %s has a new container, but no ended one", pod)
		require.Equal(t, killed.ContainerID, last.ContainerID, "pod %s was restarted more than once", pod)
		require.EqualValues(t, sigkill, last.ExitCode, "pod %s ended by itself (%s), not by the kill", pod, last.Reason)
		require.Equal(t, killed.RestartCount+1, status.RestartCount)
		return true
	}, 5*time.Minute, time.Second, "pod %s did not come back", pod)
}

func docker(ctx context.Context, args ...string) (string, error) {
	return run.Command(append([]string{"docker"}, args...)...).Run(ctx)
}
