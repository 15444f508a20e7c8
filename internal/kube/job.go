package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// JobResult is how a Job's pod ended.
type JobResult struct {
	ExitCode int32
	Log      string
}

const jobPoll = 250 * time.Millisecond

// RunJob runs a Job with one pod to its end and deletes it. What keeps the pod from starting is
// returned at once as an error; a container's exit code is not one. The API server may be away for
// a while, as it is when its node restarts, and forbids everything until it knows its roles again:
// once the Job exists, only ctx ends the wait for an answer.
func (c *Client) RunJob(ctx context.Context, job *batchv1.Job) (JobResult, error) {
	jobs := c.BatchV1().Jobs(job.Namespace)
	created, err := jobs.Create(ctx, job, metav1.CreateOptions{})
	if err != nil {
		return JobResult{}, fmt.Errorf("create job %s/%s: %w", job.Namespace, job.Name, err)
	}
	defer func() {
		cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		background := metav1.DeletePropagationBackground
		_ = jobs.Delete(cleanup, created.Name, metav1.DeleteOptions{PropagationPolicy: &background})
	}()

	tick := time.NewTicker(jobPoll)
	defer tick.Stop()
	var starts Starts
	for {
		result, done, err := c.inspect(ctx, created, &starts)
		var start *StartError
		if done || errors.As(err, &start) {
			return result, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return JobResult{}, fmt.Errorf("job %s/%s did not end: %w", created.Namespace, created.Name, errors.Join(ctx.Err(), err))
		}
	}
}

// inspect looks once whether the Job's pod has ended or can't start.
func (c *Client) inspect(ctx context.Context, job *batchv1.Job, starts *Starts) (result JobResult, done bool, err error) {
	pod, err := c.jobPod(ctx, job)
	if err != nil {
		return result, false, err
	}
	if pod == nil {
		return result, false, c.refused(ctx, job)
	}
	if err := blocked(pod, starts); err != nil {
		return result, false, err
	}
	ended := terminated(pod)
	if ended == nil {
		return result, false, nil
	}
	if ended.ExitCode != 0 && pod.Spec.RestartPolicy == corev1.RestartPolicyOnFailure && pod.Status.Phase != corev1.PodFailed {
		return result, false, nil // the kubelet starts it again
	}
	log, err := c.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(ctx)
	if err != nil {
		return result, false, fmt.Errorf("log of pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return JobResult{ExitCode: ended.ExitCode, Log: string(log)}, true, nil
}

// jobPod is the newest pod of the Job, or nil.
func (c *Client) jobPod(ctx context.Context, job *batchv1.Job) (*corev1.Pod, error) {
	list, err := c.CoreV1().Pods(job.Namespace).List(ctx, metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + job.Name})
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	newest := slices.MaxFunc(list.Items, func(a, b corev1.Pod) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	return &newest, nil
}

// refused reports why the Job controller could not create a pod: Pod Security, a quota, a webhook.
func (c *Client) refused(ctx context.Context, job *batchv1.Job) error {
	events, err := c.CoreV1().Events(job.Namespace).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.uid=" + string(job.UID)})
	if err != nil {
		return err
	}
	for _, event := range events.Items {
		if event.InvolvedObject.UID == job.UID && event.Reason == "FailedCreate" {
			return &StartError{Job: job.Namespace + "/" + job.Name, Reason: "pod refused", Message: event.Message}
		}
	}
	return nil
}

// blocked reports why a pod that exists can't start.
func blocked(pod *corev1.Pod, starts *Starts) error {
	name := pod.Namespace + "/" + pod.Labels[batchv1.JobNameLabel]
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse && condition.Reason == corev1.PodReasonUnschedulable {
			return &StartError{Job: name, Reason: condition.Reason, Message: condition.Message}
		}
	}
	for _, status := range pod.Status.ContainerStatuses {
		if starts.Stuck(pod, status) != "" {
			waiting := status.State.Waiting
			return &StartError{Job: name, Reason: waiting.Reason, Message: fmt.Sprintf("image %s: %s", status.Image, waiting.Message)}
		}
	}
	return nil
}

func terminated(pod *corev1.Pod) *corev1.ContainerStateTerminated {
	if len(pod.Status.ContainerStatuses) == 0 {
		return nil
	}
	return pod.Status.ContainerStatuses[0].State.Terminated
}

// StartError says why a Job's pod can't start.
type StartError struct{ Job, Reason, Message string }

func (e *StartError) Error() string {
	return fmt.Sprintf("job %s can't start (%s): %s", e.Job, e.Reason, e.Message)
}
