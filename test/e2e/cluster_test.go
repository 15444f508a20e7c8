//go:build e2e

// Package e2e checks a running release: what goes in comes out, whatever is killed meanwhile.
package e2e

import (
	"bytes"
	"cmp"
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
	"sluice/internal/state"
	"sluice/internal/verify"
)

// The release that is tested: `sluice up`'s own, unless the environment names another.
var (
	namespace = cmp.Or(os.Getenv("SLUICE_NAMESPACE"), "sluice")
	release   = cmp.Or(os.Getenv("SLUICE_RELEASE"), "sluice")
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
		dir, err := state.Dir("dev")
		require.NoError(t, err)
		path = filepath.Join(dir, "kubeconfig")
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
		_, ofJob := pod.Labels[batchv1.JobNameLabel]
		if _, ofTest := pod.Annotations["helm.sh/hook"]; !ofJob && !ofTest && !isReady(&pod) {
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
	if report.RunID != "" {
		var text bytes.Buffer
		require.NoError(t, report.Print(&text))
		t.Log("\n" + text.String())
	}
	require.NoError(t, err)
	return report
}

// process is the container of a pod that is called like the component, and the node that it runs on.
func (c *cluster) process(ctx context.Context, pod string) (node string, status corev1.ContainerStatus, err error) {
	p, err := c.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if err != nil {
		return "", status, err
	}
	for _, status := range p.Status.ContainerStatuses {
		if status.Name == p.Labels["app.kubernetes.io/name"] {
			return p.Spec.NodeName, status, nil
		}
	}
	return "", status, fmt.Errorf("pod %s has no container called %s", pod, p.Labels["app.kubernetes.io/name"])
}

// killProcess kills the main process of a pod with SIGKILL and makes sure that it died of that.
// It must be done from the node: inside its own PID namespace, process 1 can't be killed.
func (c *cluster) killProcess(ctx context.Context, pod string) error {
	node, status, err := c.process(ctx, pod)
	if err != nil {
		return err
	}
	if _, err := docker(ctx, "exec", node, "sh", "-c", fmt.Sprintf("kill -9 $(cat %s)", kube.PIDFile(status.ContainerID))); err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		_, now, err := c.process(ctx, pod)
		if err != nil {
			continue
		}
		for _, state := range []corev1.ContainerState{now.State, now.LastTerminationState} {
			if ended := state.Terminated; ended != nil && ended.ContainerID == status.ContainerID {
				if ended.ExitCode != 128+9 {
					return fmt.Errorf("pod %s ended with exit code %d (%s), not of SIGKILL", pod, ended.ExitCode, ended.Reason)
				}
				return nil
			}
		}
	}
	return fmt.Errorf("pod %s outlived its kill", pod)
}

func docker(ctx context.Context, args ...string) (string, error) {
	return run.Command(append([]string{"docker"}, args...)...).Run(ctx)
}
