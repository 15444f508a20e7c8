package kube

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

var (
	// stuck are the reasons of a waiting container that waiting does not cure.
	stuck = []string{
		"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "CreateContainerConfigError",
	}
	// retried are those that the kubelet often cures by trying again: runc can't always freeze a new container's cgroup.
	retried = []string{"CreateContainerError", "RunContainerError"}
)

// retryPatience is how long a container may fail to be made: five or six tries of the kubelet.
const retryPatience = time.Minute

// Starts remembers, from one look at containers to the next, since when they fail to be made. Its zero value is usable.
type Starts struct {
	failing map[string]time.Time
}

// Stuck says why a container of the pod won't run by itself; "" while it may.
func (s *Starts) Stuck(pod *corev1.Pod, status corev1.ContainerStatus) string {
	key := fmt.Sprintf("%s/%s/%s/%s", pod.Namespace, pod.Name, pod.UID, status.Name)
	waiting := status.State.Waiting
	if waiting == nil {
		delete(s.failing, key)
		return ""
	}
	switch {
	case slices.Contains(stuck, waiting.Reason):
		return waiting.Reason + ": " + waiting.Message
	case !slices.Contains(retried, waiting.Reason):
		return "" // between two tries it waits for other reasons, and has not run meanwhile
	}
	since, known := s.failing[key]
	if !known {
		if s.failing == nil {
			s.failing = map[string]time.Time{}
		}
		since = time.Now()
		s.failing[key] = since
	}
	if time.Since(since) < retryPatience {
		return ""
	}
	return fmt.Sprintf("%s for %s: %s", waiting.Reason, retryPatience, waiting.Message)
}
