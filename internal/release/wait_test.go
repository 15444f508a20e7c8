package release

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"sluice/internal/kube"
)

var ours = Release{Namespace: "ns", Name: "r"}

func meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: "ns", Generation: 2, Labels: map[string]string{"app.kubernetes.io/instance": "r"}}
}

func fakeClient(objects ...runtime.Object) *kube.Client {
	return &kube.Client{Interface: fake.NewClientset(objects...)}
}

func aDeployment(ready, updated int32, observed int64) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: meta("r-app"), Spec: appsv1.DeploymentSpec{Replicas: new(int32(2))},
		Status: appsv1.DeploymentStatus{Replicas: 2, ReadyReplicas: ready, UpdatedReplicas: updated, ObservedGeneration: observed}}
}

func aStatefulSet(ready, updated int32, observed int64) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{ObjectMeta: meta("r-kafka"), Spec: appsv1.StatefulSetSpec{Replicas: new(int32(2))},
		Status: appsv1.StatefulSetStatus{Replicas: 2, ReadyReplicas: ready, UpdatedReplicas: updated, ObservedGeneration: observed}}
}

func aJob(succeeded, failed int32, conditions ...batchv1.JobCondition) *batchv1.Job {
	return &batchv1.Job{ObjectMeta: meta("r-topics"), Spec: batchv1.JobSpec{Completions: new(int32(1))},
		Status: batchv1.JobStatus{Succeeded: succeeded, Failed: failed, Conditions: conditions}}
}

func aPod(statuses ...corev1.ContainerStatus) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: meta("r-app-0"), Status: corev1.PodStatus{ContainerStatuses: statuses}}
}

func aContainer(reason string, restarts int32) corev1.ContainerStatus {
	waiting := &corev1.ContainerStateWaiting{Reason: reason, Message: "the message"}
	return corev1.ContainerStatus{Name: "main", RestartCount: restarts, State: corev1.ContainerState{Waiting: waiting}}
}

// wait is Wait with a limit, in synctest's time, and the last detail that it told.
func wait(t *testing.T, client *kube.Client) (detail string, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		err = ours.Wait(ctx, client, func(format string, args ...any) { detail = fmt.Sprintf(format, args...) })
	})
	return detail, err
}

func TestWorkloads(t *testing.T) {
	another := aDeployment(0, 0, 0)
	another.Name, another.Labels = "another", nil
	found, err := ours.Workloads(t.Context(), fakeClient(aJob(1, 0), aStatefulSet(1, 2, 2), aDeployment(2, 2, 2), another))
	require.NoError(t, err)
	require.Equal(t, []Workload{
		{Name: "r-app", Kind: "Deployment", Ready: 2, Want: 2},
		{Name: "r-kafka", Kind: "StatefulSet", Ready: 1, Want: 2},
		{Name: "r-topics", Kind: "Job", Ready: 1, Want: 1},
	}, found)
}

func TestOnlyPodsOfTheNewestRevisionCount(t *testing.T) {
	for _, client := range []*kube.Client{
		fakeClient(aDeployment(2, 1, 2)),  // one pod is still the old one
		fakeClient(aStatefulSet(2, 1, 2)), //
		fakeClient(aDeployment(2, 2, 1)),  // the change has not been seen yet: both pods are old
		fakeClient(aStatefulSet(2, 2, 1)), //
	} {
		found, err := ours.Workloads(t.Context(), client)
		require.NoError(t, err)
		require.Len(t, found, 1)
		require.False(t, found[0].Done())
	}
}

// One is wanted; the one that leaves is ready still, and the one of the newest revision is not yet.
func TestPodsThatLeaveDoNotCount(t *testing.T) {
	deployment, set := aDeployment(1, 1, 2), aStatefulSet(1, 1, 2)
	deployment.Spec.Replicas, set.Spec.Replicas = new(int32(1)), new(int32(1))
	found, err := ours.Workloads(t.Context(), fakeClient(deployment, set))
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.False(t, found[0].Done())
	require.False(t, found[1].Done())
}

func TestWaitEndsWhenAllIsReady(t *testing.T) {
	detail, err := wait(t, fakeClient(aJob(1, 0), aStatefulSet(2, 2, 2), aDeployment(2, 2, 2)))
	require.NoError(t, err)
	require.Equal(t, "3 of 3 ready", detail)
}

func TestWaitLooksAgain(t *testing.T) {
	set := fake.NewClientset(aDeployment(1, 2, 2))
	looks := 0
	set.PrependReactor("list", "deployments", func(kubetesting.Action) (bool, runtime.Object, error) {
		looks++
		switch looks {
		case 1:
			return false, nil, nil
		case 2:
			return true, nil, errors.New("connection refused")
		}
		return true, &appsv1.DeploymentList{Items: []appsv1.Deployment{*aDeployment(2, 2, 2)}}, nil
	})
	_, err := wait(t, &kube.Client{Interface: set})
	require.NoError(t, err)
	require.Equal(t, 3, looks)
}

func TestWaitInTimeNamesWhatIsOpen(t *testing.T) {
	pod := aPod(aContainer("CrashLoopBackOff", maxRestarts-1))
	pod.Status.Phase = corev1.PodPending
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available"}}
	ready, ended := aPod(), aPod()
	ready.Name, ended.Name = "r-app-1", "r-topics-1"
	ready.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	ended.Status.Phase = corev1.PodSucceeded
	detail, err := wait(t, fakeClient(aJob(0, 1), aStatefulSet(2, 2, 2), aDeployment(1, 2, 2), pod, ready, ended))
	require.EqualError(t, err, `not ready in time (app 1/2, topics 0/1); pod r-app-0 is Pending on node "": `+
		"Unschedulable 0/3 nodes are available: see kubectl -n ns get pods,events")
	require.Equal(t, "1 of 3 ready, waiting for app 1/2, topics 0/1", detail)
}

// What was open is still named when the API server went away meanwhile.
func TestWaitInTimeWithoutAnAPIServer(t *testing.T) {
	set := fake.NewClientset(aDeployment(1, 2, 2))
	looked := false
	set.PrependReactor("list", "deployments", func(kubetesting.Action) (bool, runtime.Object, error) {
		defer func() { looked = true }()
		return looked, nil, errors.New("connection refused")
	})
	detail, err := wait(t, &kube.Client{Interface: set})
	require.ErrorContains(t, err, "not ready in time (app 1/2)")
	require.Equal(t, "the API server does not answer: connection refused", detail)
}

func TestWaitForNothing(t *testing.T) {
	_, err := wait(t, fakeClient())
	require.EqualError(t, err, "release r runs nothing in namespace ns")
}

func TestWaitGivesUpEarly(t *testing.T) {
	inInit := aPod()
	inInit.Status.InitContainerStatuses = []corev1.ContainerStatus{aContainer("ErrImageNeverPull", 0)}
	for want, object := range map[string]runtime.Object{
		"pod r-app-0, container main: ImagePullBackOff: the message\nfake logs":           aPod(corev1.ContainerStatus{}, aContainer("ImagePullBackOff", 0)),
		"pod r-app-0, container main: ErrImageNeverPull: the message\nfake logs":          inInit,
		"pod r-app-0, container main: CreateContainerConfigError: the message\nfake logs": aPod(aContainer("CreateContainerConfigError", 0)),
		"pod r-app-0, container main: ended 5 times\nfake logs":                           aPod(aContainer("CrashLoopBackOff", maxRestarts)),
		"job r-topics failed: BackoffLimitExceeded: see kubectl -n ns logs job/r-topics": aJob(0, 7, batchv1.JobCondition{
			Type: batchv1.JobFailed, Status: corev1.ConditionTrue, Message: "BackoffLimitExceeded",
		}),
	} {
		_, err := wait(t, fakeClient(aDeployment(1, 2, 2), object))
		require.EqualError(t, err, want)
	}
}

// A Job's pods may fail until one succeeds: what it waits for was not there yet.
// The kubelet makes a container again that runc could not start. Between two tries it waits for another reason.
func TestWaitBearsAFailureThatPasses(t *testing.T) {
	for _, reason := range []string{"RunContainerError", "CreateContainerError"} {
		for _, c := range []struct {
			name  string
			fails time.Duration // from the first look on, every other second
			err   string
			after time.Duration
		}{
			{name: "passes", fails: 50 * time.Second, after: 100 * time.Second},
			{name: "stays", fails: time.Hour, err: "pod r-app-0, container main: " + reason + " for 1m0s: the message\nfake logs", after: time.Minute},
		} {
			t.Run(reason+" "+c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					began := time.Now()
					set := fake.NewClientset()
					set.PrependReactor("list", "deployments", func(kubetesting.Action) (bool, runtime.Object, error) {
						ready := int32(1)
						if time.Since(began) >= 100*time.Second {
							ready = 2
						}
						return true, &appsv1.DeploymentList{Items: []appsv1.Deployment{*aDeployment(ready, 2, 2)}}, nil
					})
					set.PrependReactor("list", "pods", func(kubetesting.Action) (bool, runtime.Object, error) {
						status := corev1.ContainerStatus{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
						if past := time.Since(began); past < c.fails && past/time.Second%2 == 0 {
							status = aContainer(reason, 1)
						} else if past < c.fails {
							status = aContainer("CrashLoopBackOff", 1)
						} else if past > 70*time.Second && past < 90*time.Second {
							status = aContainer(reason, 1) // once more, after it had run
						}
						return true, &corev1.PodList{Items: []corev1.Pod{*aPod(status)}}, nil
					})
					err := ours.Wait(t.Context(), &kube.Client{Interface: set}, func(string, ...any) {})
					if c.err == "" {
						require.NoError(t, err)
					} else {
						require.EqualError(t, err, c.err)
					}
					require.Equal(t, c.after, time.Since(began))
				})
			})
		}
	}
}

func TestAJobThatSucceededInTheEndIsFine(t *testing.T) {
	complete := batchv1.JobCondition{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}
	failed := aPod(corev1.ContainerStatus{State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}})
	failed.Status.Phase = corev1.PodFailed
	_, err := wait(t, fakeClient(aJob(1, 2, complete), failed))
	require.NoError(t, err)
	require.NoError(t, ours.hopeless(t.Context(), fakeClient(aJob(0, 1), failed), &kube.Starts{}), "another try is on its way")
	require.NoError(t, ours.hopeless(t.Context(), fakeClient(aJob(1, 2, complete), failed), &kube.Starts{}))
}

func TestMemoryRequestsOfRunningPods(t *testing.T) {
	pod := func(name string, phase corev1.PodPhase) *corev1.Pod {
		requests := corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Mi")}
		container := corev1.Container{Resources: corev1.ResourceRequirements{Requests: requests}}
		return &corev1.Pod{ObjectMeta: meta(name), Spec: corev1.PodSpec{Containers: []corev1.Container{container, container}},
			Status: corev1.PodStatus{Phase: phase}}
	}
	total, err := ours.MemoryRequests(t.Context(), fakeClient(pod("a", corev1.PodRunning), pod("b", corev1.PodRunning), pod("c", corev1.PodSucceeded)))
	require.NoError(t, err)
	require.EqualValues(t, 4<<20, total)
}

func TestEnsureNamespace(t *testing.T) {
	client := fakeClient()
	for range 2 { // it may be there already
		require.NoError(t, ours.EnsureNamespace(t.Context(), client))
	}
	namespace, err := client.CoreV1().Namespaces().Get(t.Context(), "ns", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}, namespace.Labels)
}

func TestEnsureNamespaceLeavesOneOfAnothersAlone(t *testing.T) {
	another := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ns", Labels: map[string]string{"team": "another"}}}
	client := fakeClient(another)
	require.NoError(t, ours.EnsureNamespace(t.Context(), client))
	namespace, err := client.CoreV1().Namespaces().Get(t.Context(), "ns", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, another.Labels, namespace.Labels)
}
