package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/run"
)

const component = "bench"

// runPod runs one program of the producers' image beside the release, to its end, and returns what it printed. line is told
// each line as it is printed, for people who wait.
func (b *bench) runPod(ctx context.Context, name string, line func(string), command ...string) (string, error) {
	job := b.job(name, command)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		b.follow(ctx, job.Name, line)
	}()
	result, err := b.client.RunJob(ctx, job)
	cancel()
	<-followed
	if err == nil && result.ExitCode != 0 {
		err = fmt.Errorf("%s ended with exit code %d:\n%s", strings.Join(command, " "), result.ExitCode, run.LastLines(result.Log, 15))
	}
	return result.Log, err
}

// follow tells the lines of the Job's pod while it runs.
func (b *bench) follow(ctx context.Context, job string, line func(string)) {
	for ctx.Err() == nil {
		time.Sleep(time.Second)
		pods, err := b.client.CoreV1().Pods(b.release.Namespace).List(ctx, metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + job})
		if err != nil || len(pods.Items) == 0 {
			continue
		}
		stream, err := b.client.CoreV1().Pods(b.release.Namespace).GetLogs(pods.Items[0].Name, &corev1.PodLogOptions{Follow: true}).Stream(ctx)
		if err != nil {
			continue
		}
		defer stream.Close()
		lines := bufio.NewScanner(stream)
		for lines.Scan() {
			line(lines.Text())
		}
		return
	}
}

func (b *bench) job(name string, command []string) *batchv1.Job {
	labels := map[string]string{
		"app.kubernetes.io/name": component, "app.kubernetes.io/instance": b.release.Name,
		"app.kubernetes.io/component": component, "app.kubernetes.io/part-of": "sluice",
	}
	none := int32(0)
	hour := int32(3600)
	user := int64(65532)
	yes, no := true, false
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("%s-bench-%s-%d", b.release.Name, name, time.Now().UnixMilli()%1e9), Namespace: b.release.Namespace, Labels: labels},
		Spec: batchv1.JobSpec{
			BackoffLimit: &none, TTLSecondsAfterFinished: &hour,
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					RestartPolicy: corev1.RestartPolicyNever, AutomountServiceAccountToken: &no, EnableServiceLinks: &no,
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, FSGroup: &user,
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Volumes: []corev1.Volume{{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}},
					Containers: []corev1.Container{{
						Name: component, Image: b.image, ImagePullPolicy: corev1.PullIfNotPresent, Command: command,
						VolumeMounts: []corev1.VolumeMount{{Name: "tmp", MountPath: "/tmp"}},
						Resources: corev1.ResourceRequirements{
							Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("256Mi")},
							Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("2Gi")},
						},
						SecurityContext: &corev1.SecurityContext{
							AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
						},
					}},
				},
			},
		},
	}
}

func (b *bench) brokers() string { return b.release.Name + "-kafka:9092" }
