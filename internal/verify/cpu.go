package verify

import (
	"context"
	"encoding/json"
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
	samples := map[string]cpuSample{}
	for _, node := range slices.Compact(nodes) {
		summary, err := client.CoreV1().RESTClient().Get().Resource("nodes").Name(node).SubResource("proxy").Suffix("stats/summary").Do(ctx).Raw()
		if err != nil {
			return nil, fmt.Errorf("kubelet of %s: %w", node, err)
		}
		if err := addSamples(samples, summary, namespace, want); err != nil {
			return nil, fmt.Errorf("kubelet of %s: %w", node, err)
		}
	}
	for pod := range want {
		if _, ok := samples[pod]; !ok {
			return nil, fmt.Errorf("the kubelet says nothing about %s", pod)
		}
	}
	return samples, nil
}

// addSamples takes the wanted containers out of a kubelet's summary. It leaves out those that it has not looked at yet.
func addSamples(samples map[string]cpuSample, summary []byte, namespace string, want map[string]string) error {
	var answer struct {
		Pods []struct {
			PodRef     struct{ Name, Namespace string }
			Containers []struct {
				Name string
				CPU  struct {
					Time                 time.Time
					UsageCoreNanoSeconds *uint64
				}
			}
		}
	}
	if err := json.Unmarshal(summary, &answer); err != nil {
		return err
	}
	for _, pod := range answer.Pods {
		component := want[pod.PodRef.Name]
		if pod.PodRef.Namespace != namespace || component == "" {
			continue
		}
		for _, container := range pod.Containers {
			if used := container.CPU.UsageCoreNanoSeconds; container.Name == component && used != nil {
				samples[pod.PodRef.Name] = cpuSample{component, float64(*used) / 1e9, container.CPU.Time}
			}
		}
	}
	return nil
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

// usedBy are the CPU seconds by component between two readings, without what the pods use anyway: as they did between the reading
// idle and the first of the two.
func usedBy(idle, from, to map[string]cpuSample) (map[string]float64, error) {
	used := map[string]float64{}
	for pod, last := range to {
		first, early := from[pod], idle[pod]
		if first.component == "" || early.component == "" || last.seconds < first.seconds || first.seconds < early.seconds {
			return nil, fmt.Errorf("%s has started again meanwhile", pod)
		}
		rest := (first.seconds - early.seconds) / first.at.Sub(early.at).Seconds()
		used[last.component] += last.seconds - first.seconds - rest*last.at.Sub(first.at).Seconds()
	}
	return used, nil
}
