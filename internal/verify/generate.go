package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
)

// kafkaFiles is where the generator's pod has its kafkaVolume.
const kafkaFiles = "/etc/kafka-client"

// generated is how the generator's Job ended.
type generated struct {
	exitCode int32
	log      string
	summary  summary
}

// summary is the last line that the generator writes.
type summary struct {
	RunID        string  `json:"run_id"`
	Sent         int64   `json:"sent"`
	Acknowledged int64   `json:"acknowledged"`
	Failed       int64   `json:"failed"`
	Seconds      float64 `json:"duration_seconds"`
	CPU          float64 `json:"cpu_seconds"`
}

// generate runs the log-generator as a Job beside the release.
func generate(ctx context.Context, client *kube.Client, o Options, d deployed, runID string) (generated, error) {
	result, err := client.RunJob(ctx, generatorJob(o, d, runID))
	if err != nil {
		return generated{}, err
	}
	g := generated{exitCode: result.ExitCode, log: result.Log}
	g.summary, err = parseSummary(result.Log, runID)
	if err != nil {
		return g, fmt.Errorf("the log-generator ended with exit code %d and %w; its last lines:\n%s", g.exitCode, err, tail(g.log, 10))
	}
	return g, nil
}

// arguments are the generator's.
func arguments(o Options, d deployed, runID string) []string {
	args := []string{
		"--brokers=" + o.Release + "-kafka:9092",
		"--topic=" + d.topic,
		"--count=" + strconv.Itoa(o.Count),
		"--rate=" + strconv.Itoa(o.Rate),
		"--run-id=" + runID,
		"--acks=all",
		"--metrics-addr=",
	}
	if o.Size > 0 {
		args = append(args, "--size="+strconv.Itoa(o.Size))
	}
	if d.security.Enabled {
		args = append(args, "--tls", "--tls-ca="+kafkaFiles+"/"+caKey,
			"--sasl=scram-sha-512", "--username="+testUser, "--password-file="+kafkaFiles+"/"+passwordKey)
	}
	if o.Restart {
		args = append(args, "--connect-timeout=5m") // Kafka starts again with the node, and more slowly
	}
	return args
}

func generatorJob(o Options, d deployed, runID string) *batchv1.Job {
	var volumes []corev1.Volume
	var mounts []corev1.VolumeMount
	if d.security.Enabled {
		volumes = []corev1.Volume{kafkaVolume(d.security, o.Release)}
		mounts = []corev1.VolumeMount{{Name: volumes[0].Name, MountPath: kafkaFiles, ReadOnly: true}}
	}
	restartPolicy, restarts := corev1.RestartPolicyNever, int32(0) // a generator that fails is reported at once
	if o.Restart {
		restartPolicy, restarts = corev1.RestartPolicyOnFailure, 5
	}
	// Not the name log-generator: that Service's selector, and so Prometheus, must not find this pod.
	labels := map[string]string{
		"app.kubernetes.io/name":      "verify",
		"app.kubernetes.io/instance":  o.Release,
		"app.kubernetes.io/component": "verify",
		"app.kubernetes.io/part-of":   "sluice",
	}
	// The last part of a run id tells two runs apart, and a whole one makes the name too long for a label.
	name := o.Release + "-verify-" + runID[strings.LastIndex(runID, "-")+1:]
	return &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: o.Namespace, Labels: labels},
		Spec: batchv1.JobSpec{
			BackoffLimit:            &restarts,
			TTLSecondsAfterFinished: ptr(int32(3600)), // should this process die before it deletes the Job
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					RestartPolicy:                restartPolicy,
					AutomountServiceAccountToken: ptr(false),
					EnableServiceLinks:           ptr(false),
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot:   ptr(true),
						RunAsUser:      ptr(int64(65532)),
						RunAsGroup:     ptr(int64(65532)),
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Volumes: volumes,
					Containers: []corev1.Container{{
						Name:            "log-generator",
						Image:           d.image,
						ImagePullPolicy: d.pullPolicy,
						Command:         []string{"/log-generator"},
						Args:            arguments(o, d, runID),
						VolumeMounts:    mounts,
						Resources: corev1.ResourceRequirements{
							Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
							Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("256Mi")},
						},
						SecurityContext: &corev1.SecurityContext{
							AllowPrivilegeEscalation: ptr(false),
							ReadOnlyRootFilesystem:   ptr(true),
							Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
						},
					}},
				},
			},
		},
	}
}

// kafkaVolume has what a client of Kafka needs, and no more of the two Secrets.
func kafkaVolume(s security, release string) corev1.Volume {
	item := func(name, key string) corev1.VolumeProjection {
		return corev1.VolumeProjection{Secret: &corev1.SecretProjection{
			LocalObjectReference: corev1.LocalObjectReference{Name: s.secret(release, name)},
			Items:                []corev1.KeyToPath{{Key: key, Path: key}},
		}}
	}
	return corev1.Volume{Name: "kafka-client", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{item(kafkaTLS, caKey), item("kafka-user-"+testUser, passwordKey)},
	}}}
}

// parseSummary reads the last line of the log that is a summary of this run.
func parseSummary(log, runID string) (summary, error) {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		var s summary
		if json.Unmarshal([]byte(lines[i]), &s) == nil && s.RunID == runID {
			return s, nil
		}
	}
	return summary{}, fmt.Errorf("no summary of run %s", runID)
}

func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-n):], "\n  ")
}

func ptr[T any](v T) *T { return &v }
