package release

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
)

// maxRestarts is how often a container may end before Wait gives up on it: twice is what a component does
// that starts before the one it needs.
const maxRestarts = 5

// Workload is a Deployment, StatefulSet or Job of the release.
type Workload struct {
	Name  string
	Kind  string
	Ready int32 // pods that are ready; of a Job, that have succeeded
	Want  int32
}

// Done tells whether the workload has all the pods it wants, of its newest revision.
func (w Workload) Done() bool { return w.Ready >= w.Want }

// Selector selects the release's objects and its pods, which carry few labels, or only those of some components.
func (r Release) Selector(components ...string) metav1.ListOptions {
	selector := "app.kubernetes.io/instance=" + r.Name
	if len(components) > 0 {
		selector += ",app.kubernetes.io/name in (" + strings.Join(components, ",") + ")"
	}
	return metav1.ListOptions{LabelSelector: selector}
}

// Workloads lists what the release runs, sorted by name.
func (r Release) Workloads(ctx context.Context, client *kube.Client) ([]Workload, error) {
	deployments, err := client.AppsV1().Deployments(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return nil, err
	}
	sets, err := client.AppsV1().StatefulSets(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return nil, err
	}
	jobs, err := client.BatchV1().Jobs(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return nil, err
	}
	var all []Workload
	for _, d := range deployments.Items {
		all = append(all, deployment(d))
	}
	for _, s := range sets.Items {
		all = append(all, statefulSet(s))
	}
	for _, j := range jobs.Items {
		all = append(all, job(j))
	}
	slices.SortFunc(all, func(a, b Workload) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func deployment(d appsv1.Deployment) Workload {
	w := Workload{Name: d.Name, Kind: "Deployment", Want: *d.Spec.Replicas}
	if d.Status.ObservedGeneration >= d.Generation {
		w.Ready = readyAndNew(d.Status.Replicas, d.Status.ReadyReplicas, d.Status.UpdatedReplicas)
	}
	return w
}

func statefulSet(s appsv1.StatefulSet) Workload {
	w := Workload{Name: s.Name, Kind: "StatefulSet", Want: *s.Spec.Replicas}
	if s.Status.ObservedGeneration >= s.Generation {
		w.Ready = readyAndNew(s.Status.Replicas, s.Status.ReadyReplicas, s.Status.UpdatedReplicas)
	}
	return w
}

// readyAndNew is how many pods are surely both: while old ones are replaced or leave, what is ready may be they.
func readyAndNew(pods, ready, updated int32) int32 { return max(0, ready+updated-pods) }

func job(j batchv1.Job) Workload {
	return Workload{Name: j.Name, Kind: "Job", Ready: j.Status.Succeeded, Want: *j.Spec.Completions}
}

// Wait returns once every workload is done. It fails early, with the reason and the pod's last lines, on
// what waiting does not mend: an image that can't be pulled, a container that keeps ending, a failed Job.
func (r Release) Wait(ctx context.Context, client *kube.Client, detail func(string, ...any)) error {
	var starts kube.Starts
	var waitingFor string // as last seen: at the end of the time the API server may not answer any more
	for {
		workloads, err := r.Workloads(ctx, client)
		switch {
		case err != nil:
			detail("the API server does not answer: %v", err)
		case len(workloads) == 0:
			return fmt.Errorf("release %s runs nothing in namespace %s", r.Name, r.Namespace)
		default:
			open := r.open(workloads)
			if len(open) == 0 {
				detail("%d of %d ready", len(workloads), len(workloads))
				return nil
			}
			waitingFor = strings.Join(open, ", ")
			detail("%d of %d ready, waiting for %s", len(workloads)-len(open), len(workloads), waitingFor)
		}
		if err := r.hopeless(ctx, client, &starts); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready in time (%s)%s: see kubectl -n %s get pods,events", waitingFor, r.reasons(ctx, client), r.Namespace)
		case <-time.After(time.Second):
		}
	}
}

// open are the workloads that are not done, each with how far it is.
func (r Release) open(workloads []Workload) []string {
	var open []string
	for _, w := range workloads {
		if !w.Done() {
			open = append(open, fmt.Sprintf("%s %d/%d", strings.TrimPrefix(w.Name, r.Name+"-"), w.Ready, w.Want))
		}
	}
	return open
}

// reasons tells of the first few pods that are not ready what Kubernetes says about them.
func (r Release) reasons(ended context.Context, client *kube.Client) string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ended), 10*time.Second)
	defer cancel()
	pods, err := client.CoreV1().Pods(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return "; the API server does not answer: " + err.Error()
	}
	const most = 5
	var reasons []string
	for _, pod := range pods.Items {
		if reason := notReady(pod); reason != "" && len(reasons) < most {
			reasons = append(reasons, fmt.Sprintf("pod %s is %s on node %q: %s", pod.Name, pod.Status.Phase, pod.Spec.NodeName, reason))
		}
	}
	if reasons == nil {
		return ""
	}
	return "; " + strings.Join(reasons, "; ")
}

// notReady is empty for a pod that is ready or has ended well.
func notReady(pod corev1.Pod) string {
	if pod.Status.Phase == corev1.PodSucceeded {
		return ""
	}
	reason := "nothing is known of it yet"
	for _, condition := range pod.Status.Conditions {
		switch {
		case condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue:
			return ""
		case condition.Status == corev1.ConditionFalse:
			reason = strings.TrimSpace(condition.Reason + " " + condition.Message)
		}
	}
	return reason
}

// hopeless returns an error for a pod or a Job that will not become ready by itself.
func (r Release) hopeless(ctx context.Context, client *kube.Client, starts *kube.Starts) error {
	pods, err := client.CoreV1().Pods(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return nil //nolint:nilerr // the API server is busy; Wait asks again
	}
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp != nil {
			continue // of an older revision
		}
		for _, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
			if reason := stuck(&pod, status, starts); reason != "" {
				return fmt.Errorf("pod %s, container %s: %s\n%s", pod.Name, status.Name, reason, r.lastLines(ctx, client, pod.Name, status))
			}
		}
	}
	jobs, err := client.BatchV1().Jobs(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	for _, j := range jobs.Items {
		for _, condition := range j.Status.Conditions {
			if condition.Type == batchv1.JobFailed && condition.Status == corev1.ConditionTrue {
				return fmt.Errorf("job %s failed: %s: see kubectl -n %s logs job/%s", j.Name, condition.Message, r.Namespace, j.Name)
			}
		}
	}
	return nil
}

func stuck(pod *corev1.Pod, status corev1.ContainerStatus, starts *kube.Starts) string {
	switch waiting := status.State.Waiting; {
	case waiting != nil && waiting.Reason == "ErrImagePull":
		return "" // once is no pattern: it becomes ImagePullBackOff
	case waiting != nil && waiting.Reason == "CrashLoopBackOff" && status.RestartCount >= maxRestarts:
		return fmt.Sprintf("ended %d times", status.RestartCount)
	}
	return starts.Stuck(pod, status)
}

func (r Release) lastLines(ctx context.Context, client *kube.Client, pod string, status corev1.ContainerStatus) string {
	lines := int64(10)
	options := &corev1.PodLogOptions{Container: status.Name, Previous: status.RestartCount > 0, TailLines: &lines}
	log, err := client.CoreV1().Pods(r.Namespace).GetLogs(pod, options).DoRaw(ctx)
	if err != nil {
		return fmt.Sprintf("see kubectl -n %s describe pod %s", r.Namespace, pod)
	}
	return strings.TrimSpace(string(log))
}

// MemoryRequests is the sum over the release's pods, in bytes.
func (r Release) MemoryRequests(ctx context.Context, client *kube.Client) (int64, error) {
	pods, err := client.CoreV1().Pods(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return 0, err
	}
	total := resource.Quantity{}
	for _, pod := range pods.Items {
		if pod.Status.Phase != corev1.PodRunning {
			continue
		}
		for _, container := range pod.Spec.Containers {
			total.Add(*container.Resources.Requests.Memory())
		}
	}
	return total.Value(), nil
}
