package live

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
	"sluice/internal/run"
)

// Process is the container of a pod that is called like the component, and the node that it runs on.
func (r Release) Process(ctx context.Context, pod string) (node string, status corev1.ContainerStatus, err error) {
	p, err := r.CoreV1().Pods(r.Namespace).Get(ctx, pod, metav1.GetOptions{})
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

// KillProcess kills the main process of a pod with SIGKILL and makes sure that it died of that.
// It must be done from the node: inside its own PID namespace, process 1 can't be killed.
func (r Release) KillProcess(ctx context.Context, pod string) error {
	node, status, err := r.Process(ctx, pod)
	if err != nil {
		return err
	}
	if err := signal(ctx, "KILL", node, status); err != nil {
		return err
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		_, now, err := r.Process(ctx, pod)
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

// Signal sends a signal to the main process of a pod, from its node.
func (r Release) Signal(ctx context.Context, name, pod string) error {
	node, status, err := r.Process(ctx, pod)
	if err != nil {
		return err
	}
	return signal(ctx, name, node, status)
}

func signal(ctx context.Context, name, node string, status corev1.ContainerStatus) error {
	_, err := Docker(ctx, "exec", node, "sh", "-c", fmt.Sprintf("kill -%s $(cat %s)", name, kube.PIDFile(status.ContainerID)))
	return err
}

// Docker runs the program.
func Docker(ctx context.Context, args ...string) (string, error) {
	return run.Command(append([]string{"docker"}, args...)...).Run(ctx)
}
