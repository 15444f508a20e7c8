package live

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Pods are those of a component that are there to stay.
func (r Release) Pods(ctx context.Context, component string) ([]corev1.Pod, error) {
	list, err := r.CoreV1().Pods(r.Namespace).List(ctx, r.Helm().Selector(component))
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool { return pod.DeletionTimestamp != nil }), nil
}

// KillOne kills the main process of a pod of the component with SIGKILL, as soon as one runs, and makes sure that it died of that.
func (r Release) KillOne(ctx context.Context, component string) error {
	pod, err := r.runningPod(ctx, component)
	if err != nil {
		return err
	}
	return r.KillProcess(ctx, pod)
}

// KillForGood is KillOne, and the pod is deleted: another one starts at once, where the kubelet would wait longer with each kill.
func (r Release) KillForGood(ctx context.Context, component string) error {
	pod, err := r.runningPod(ctx, component)
	if err != nil {
		return err
	}
	if err := r.KillProcess(ctx, pod); err != nil {
		return err
	}
	now := int64(0)
	return r.CoreV1().Pods(r.Namespace).Delete(ctx, pod, metav1.DeleteOptions{GracePeriodSeconds: &now})
}

func (r Release) runningPod(ctx context.Context, component string) (name string, err error) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		pods, err := r.Pods(ctx, component)
		if err != nil {
			continue
		}
		for _, pod := range pods {
			if _, status, err := r.Process(ctx, pod.Name); err == nil && status.State.Running != nil {
				return pod.Name, nil
			}
		}
	}
	return "", fmt.Errorf("no pod of %s runs", component)
}

// Metrics are what the ready pods of a component expose now: of each metric the sum over all pods and labels.
func (r Release) Metrics(ctx context.Context, component string, port int) (map[string]float64, error) {
	pods, err := r.Pods(ctx, component)
	if err != nil {
		return nil, err
	}
	sums := map[string]float64{}
	for _, pod := range pods {
		if !Ready(&pod) {
			continue
		}
		if err := r.addMetrics(ctx, sums, pod.Name, port); err != nil {
			return nil, fmt.Errorf("metrics of pod %s: %w", pod.Name, err)
		}
	}
	return sums, nil
}

func (r Release) addMetrics(ctx context.Context, sums map[string]float64, pod string, port int) error {
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return r.DialPod(ctx, r.Namespace, pod, port)
		},
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s:%d/metrics", pod, port), nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s", response.Status)
	}
	return addText(sums, response.Body)
}

// addText adds samples in Prometheus' text format.
func addText(sums map[string]float64, text io.Reader) error {
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		space := strings.LastIndexByte(line, ' ')
		value, err := strconv.ParseFloat(line[space+1:], 64)
		if err != nil {
			return fmt.Errorf("%q is no sample: %w", line, err)
		}
		sums[line[:strings.IndexAny(line, "{ ")]] += value
	}
	return lines.Err()
}
