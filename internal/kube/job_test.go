package kube

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"
)

var testJob = &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "j", Namespace: "ns", UID: "uid-j"}}

func jobPod(state corev1.ContainerState) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "j-1", Namespace: "ns", Labels: map[string]string{batchv1.JobNameLabel: "j"}},
		Status:     corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Image: "repo/image:1", State: state}}},
	}
}

func exited(code int32) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code}}
}

func waiting(reason, message string) corev1.ContainerState {
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
}

func TestRunJobReturnsExitCodeAndLogAndDeletesTheJob(t *testing.T) {
	for _, code := range []int32{0, 1} {
		client := &Client{Interface: fake.NewClientset(jobPod(exited(code)))}
		result, err := client.RunJob(context.Background(), testJob)
		require.NoError(t, err)
		assert.Equal(t, JobResult{ExitCode: code, Log: "fake logs"}, result)
		_, err = client.BatchV1().Jobs("ns").Get(context.Background(), "j", metav1.GetOptions{})
		assert.True(t, apierrors.IsNotFound(err))
	}
}

func TestRunJobSaysAtOnceWhyAPodCannotStart(t *testing.T) {
	unschedulable := jobPod(corev1.ContainerState{})
	unschedulable.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: "0/1 nodes are available: insufficient memory",
	}}
	refused := &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: "e", Namespace: "ns"},
		InvolvedObject: corev1.ObjectReference{UID: testJob.UID}, Reason: "FailedCreate",
		Message: `violates PodSecurity "restricted:latest": runAsNonRoot != true`,
	}
	for want, object := range map[string]runtime.Object{
		"(ErrImagePull): image repo/image:1: not found":                                 jobPod(waiting("ErrImagePull", "not found")),
		"(ErrImageNeverPull): image repo/image:1: absent":                               jobPod(waiting("ErrImageNeverPull", "absent")),
		"(Unschedulable): 0/1 nodes are available: insufficient memory":                 unschedulable,
		`(pod refused): violates PodSecurity "restricted:latest": runAsNonRoot != true`: refused,
	} {
		client := &Client{Interface: fake.NewClientset(object)}
		began := time.Now()
		_, err := client.RunJob(context.Background(), testJob)
		assert.EqualError(t, err, "job ns/j can't start "+want)
		assert.Less(t, time.Since(began), time.Second)
	}
}

func TestRunJobBearsAFailureThatPasses(t *testing.T) {
	for _, reason := range []string{"RunContainerError", "CreateContainerError"} {
		synctest.Test(t, func(t *testing.T) {
			set := fake.NewClientset(jobPod(waiting(reason, "runc: unable to freeze")))
			began := time.Now()
			_, err := (&Client{Interface: set}).RunJob(t.Context(), testJob)
			require.EqualError(t, err, "job ns/j can't start ("+reason+"): image repo/image:1: runc: unable to freeze")
			require.Equal(t, retryPatience, time.Since(began))

			set = fake.NewClientset(jobPod(waiting(reason, "runc: unable to freeze")))
			time.AfterFunc(retryPatience/2, func() {
				_, _ = set.CoreV1().Pods("ns").Update(context.Background(), jobPod(exited(0)), metav1.UpdateOptions{})
			})
			_, err = (&Client{Interface: set}).RunJob(t.Context(), testJob)
			require.NoError(t, err)
		})
	}
}

func TestRunJobWaitsForARestart(t *testing.T) {
	pod := jobPod(exited(255))
	pod.Spec.RestartPolicy = corev1.RestartPolicyOnFailure
	set := fake.NewClientset(pod)
	time.AfterFunc(2*jobPoll, func() {
		_, _ = set.CoreV1().Pods("ns").Update(context.Background(), jobPod(exited(0)), metav1.UpdateOptions{})
	})
	result, err := (&Client{Interface: set}).RunJob(context.Background(), testJob)
	require.NoError(t, err)
	assert.Zero(t, result.ExitCode)
}

func TestRunJobOutlivesTheAPIServer(t *testing.T) {
	set := fake.NewClientset(jobPod(exited(0)))
	answers := []error{apierrors.NewServiceUnavailable("starting"), apierrors.NewForbidden(corev1.Resource("pods"), "", nil), errors.New("connection refused")}
	set.PrependReactor("list", "pods", func(kubetesting.Action) (handled bool, _ runtime.Object, err error) {
		if len(answers) > 0 {
			err, answers = answers[0], answers[1:]
		}
		return err != nil, nil, err
	})
	_, err := (&Client{Interface: set}).RunJob(context.Background(), testJob)
	require.NoError(t, err)
	assert.Empty(t, answers)
}

func TestRunJobReportsAJobThatIsRefused(t *testing.T) {
	set := fake.NewClientset()
	set.PrependReactor("create", "jobs", func(kubetesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(corev1.Resource("jobs"), "j", nil)
	})
	_, err := (&Client{Interface: set}).RunJob(context.Background(), testJob)
	assert.True(t, apierrors.IsForbidden(err))
}

func TestRunJobEndsWithItsContextAndDeletesTheJob(t *testing.T) {
	set := fake.NewClientset(jobPod(corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}))
	ctx, cancel := context.WithTimeout(context.Background(), 2*jobPoll)
	defer cancel()
	_, err := (&Client{Interface: set}).RunJob(ctx, testJob)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = set.BatchV1().Jobs("ns").Get(context.Background(), "j", metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err))
}
