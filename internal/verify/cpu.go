package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
)

// cpuSample is what a container has used since it started, and when the kubelet looked.
type cpuSample struct {
	component string
	seconds   float64
	at        time.Time
}

// readCPU asks the kubelets for the containers of components of a release, by pod. Of each pod the container counts that has the
// component's name.
func readCPU(ctx context.Context, client *kube.Client, namespace, release string, components []string) (map[string]cpuSample, error) {
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + release})
	if err != nil {
		return nil, err
	}
	want, nodes := map[string]string{}, []string(nil)
	for _, pod := range pods.Items {
		component := pod.Labels["app.kubernetes.io/name"]
		if pod.Status.Phase == corev1.PodRunning && slices.Contains(components, component) {
			want[pod.Name] = component
			nodes = append(nodes, pod.Spec.NodeName)
		}
	}
	slices.Sort(nodes)
	used, err := client.Usage(ctx, namespace, slices.Compact(nodes))
	if err != nil {
		return nil, err
	}
	samples := samplesOf(used, want)
	for pod := range want {
		if _, ok := samples[pod]; !ok {
			return nil, fmt.Errorf("the kubelet says nothing about %s", pod)
		}
	}
	return samples, nil
}

// samplesOf takes the containers that are called like their pod's component.
func samplesOf(used []kube.ContainerUsage, want map[string]string) map[string]cpuSample {
	samples := map[string]cpuSample{}
	for _, u := range used {
		if component := want[u.Pod]; component != "" && u.Container == component {
			samples[u.Pod] = cpuSample{component, u.CPUSeconds, u.At}
		}
	}
	return samples
}

// newer tells whether all samples were taken after those of before.
func newer(samples, before map[string]cpuSample) bool {
	for pod, sample := range samples {
		if !sample.at.After(before[pod].at) {
			return false
		}
	}
	return true
}

// since is what the container has used between two readings, in CPU seconds.
func (s cpuSample) since(pod string, earlier cpuSample) (float64, error) {
	if earlier.component == "" || s.seconds < earlier.seconds {
		return 0, fmt.Errorf("%s has started again meanwhile", pod)
	}
	return s.seconds - earlier.seconds, nil
}

// use is what the pods of a component took between two readings.
type use struct {
	pods    int
	rest    float64 // CPUs that they use anyway
	seconds float64 // of CPU, without those
}

// usedBy is the use of each component.
func usedBy(rest map[string]float64, from, to map[string]cpuSample) (map[string]use, error) {
	used := map[string]use{}
	for pod, last := range to {
		seconds, err := last.since(pod, from[pod])
		if err != nil {
			return nil, err
		}
		u := used[last.component]
		u.pods++
		u.rest += rest[pod]
		u.seconds += seconds - rest[pod]*last.at.Sub(from[pod].at).Seconds()
		used[last.component] = u
	}
	return used, nil
}
