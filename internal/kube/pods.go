package kube

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// backend picks a ready pod behind a Service and the container port its port leads to.
func (c *Client) backend(ctx context.Context, namespace, service string, port int) (*corev1.Pod, int, error) {
	svc, err := c.CoreV1().Services(namespace).Get(ctx, service, metav1.GetOptions{})
	if err != nil {
		return nil, 0, err
	}
	if len(svc.Spec.Selector) == 0 {
		return nil, 0, fmt.Errorf("service %s/%s selects no pods", namespace, service)
	}
	list, err := c.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.FormatLabels(svc.Spec.Selector)})
	if err != nil {
		return nil, 0, err
	}
	var states []string
	for i := range list.Items {
		pod := &list.Items[i]
		if ready(pod) {
			target, err := targetPort(svc, pod, port)
			return pod, target, err
		}
		states = append(states, fmt.Sprintf("%s is %s", pod.Name, state(pod)))
	}
	if len(states) == 0 {
		states = []string{"there is none"}
	}
	return nil, 0, fmt.Errorf("no ready pod behind service %s/%s: %s", namespace, service, strings.Join(states, ", "))
}

func ready(pod *corev1.Pod) bool {
	if pod.DeletionTimestamp != nil {
		return false
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// state says in a few words why a pod is not ready.
func state(pod *corev1.Pod) string {
	if pod.DeletionTimestamp != nil {
		return "terminating"
	}
	for _, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		if waiting := status.State.Waiting; waiting != nil && waiting.Reason != "" {
			return fmt.Sprintf("waiting (%s)", waiting.Reason)
		}
	}
	return strings.ToLower(string(pod.Status.Phase)) + " but not ready"
}

func targetPort(svc *corev1.Service, pod *corev1.Pod, port int) (int, error) {
	for _, candidate := range svc.Spec.Ports {
		if int(candidate.Port) != port {
			continue
		}
		switch target := candidate.TargetPort; {
		case target.Type == intstr.String:
			return containerPort(pod, target.StrVal)
		case target.IntVal != 0:
			return int(target.IntVal), nil
		}
		return port, nil
	}
	return 0, fmt.Errorf("service %s/%s has no port %d", svc.Namespace, svc.Name, port)
}

func containerPort(pod *corev1.Pod, name string) (int, error) {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.Name == name {
				return int(port.ContainerPort), nil
			}
		}
	}
	return 0, fmt.Errorf("pod %s/%s has no container port named %q", pod.Namespace, pod.Name, name)
}

// PIDFile is where a kind node keeps the process ID of a container's first process; id is that of a container status.
func PIDFile(id string) string {
	return "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + strings.TrimPrefix(id, "containerd://") + "/init.pid"
}
