package verify

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/usage"
)

func TestBadOptionsAreUsageErrors(t *testing.T) {
	good := Options{Namespace: "ns", Release: "rel", Count: 1, Timeout: time.Minute}
	require.NoError(t, good.validate())
	measuring := good
	measuring.Tolerance, measuring.Rate, measuring.Count, measuring.Timeout = Any, 10, 600, 2*time.Minute
	require.NoError(t, measuring.validate())
	for message, breakIt := range map[string]func(*Options){
		"namespace must not be empty":       func(o *Options) { o.Namespace = "" },
		"release must not be empty":         func(o *Options) { o.Release = "" },
		"count must be at least 1, not 0":   func(o *Options) { o.Count = 0 },
		"rate must be 0":                    func(o *Options) { o.Rate = -1 },
		"size must be 0":                    func(o *Options) { o.Size = -1 },
		"timeout must be more than 0":       func(o *Options) { o.Timeout = 0 },
		"too short for 60000 events at 10 ": func(o *Options) { o.Count, o.Rate = 60000, 10 },
		"tolerance must be from 0":          func(o *Options) { o.Tolerance = 1 },
		"tolerance 0.3 needs a rate":        func(o *Options) { o.Tolerance = 0.3 },
		"too short a run to measure what they take: set count to at least 600": func(o *Options) { o.Tolerance, o.Rate, o.Count = 0.3, 10, 599 },
	} {
		o := good
		breakIt(&o)
		_, err := Run(context.Background(), o)
		assert.ErrorContains(t, err, message)
		assert.Equal(t, 2, usage.ExitCode(err), message)
	}
}

func TestMissingKubeconfigIsAUsageError(t *testing.T) {
	_, err := Run(context.Background(), Options{Kubeconfig: "/nowhere", Namespace: "ns", Release: "rel", Count: 1, Timeout: time.Minute})
	assert.ErrorContains(t, err, "/nowhere")
	assert.Equal(t, 2, usage.ExitCode(err))
}

const releaseValues = `
global: {imageRegistry: "registry.example.com:5000/", imagePullPolicy: Never, topic: logs-topic, index: dev-logs-index}
zookeeper: {enabled: true}
kafka: {enabled: true, config: {replicationFactor: 3}}
elasticsearch: {enabled: true, replicas: 4}
indexer: {enabled: true}
prometheus: {enabled: true}
generators:
  enabled: true
  image: {repository: sluice/generators, tag: 0.1.0, digest: ""}
  logGenerator: {enabled: false}
  appService: {enabled: true}
`

func TestDeployedFromValues(t *testing.T) {
	d, err := deployedBy(parse(t))
	require.NoError(t, err)
	assert.Equal(t, deployed{
		image: "registry.example.com:5000/sluice/generators:0.1.0", pullPolicy: corev1.PullNever,
		topic: "logs-topic", index: "dev-logs-index", engine: "indexer", prometheus: true, appService: true,
		components: []string{"elasticsearch", "prometheus"}, indexCopies: 2, logCopies: 3,
		jobs: []string{"zookeeper", "kafka", "kafka-exporter", "elasticsearch", "indexer", "app-service", "prometheus"},
	}, d)
}

// Kafka without ZooKeeper: Prometheus has no target of it.
func TestDeployedWithoutZooKeeper(t *testing.T) {
	all := parse(t)
	all["zookeeper"] = map[string]any{"enabled": false}
	d, err := deployedBy(all)
	require.NoError(t, err)
	assert.NotContains(t, d.jobs, "zookeeper")
	assert.Contains(t, d.jobs, "kafka")
}

func TestReleaseWithoutAPipelineIsRefused(t *testing.T) {
	all := parse(t)
	all["kafka"] = map[string]any{"enabled": false}
	_, err := deployedBy(all)
	assert.ErrorContains(t, err, "kafka.enabled")
	assert.Equal(t, 2, usage.ExitCode(err))
}

func TestImageRef(t *testing.T) {
	for _, test := range []struct{ registry, repository, tag, digest, want string }{
		{"", "sluice/generators", "1", "", "sluice/generators:1"},
		{"", "quay.io/a/b", "1", "sha256:x", "quay.io/a/b:1@sha256:x"},
		{"r.example.com", "quay.io/a/b", "1", "", "r.example.com/a/b:1"},
		{"r.example.com/x/", "localhost/a", "1", "", "r.example.com/x/a:1"},
		{"r:5000", "a/b", "1", "", "r:5000/a/b:1"},
	} {
		assert.Equal(t, test.want, imageRef(test.registry, test.repository, test.tag, test.digest))
	}
}

func TestGeneratorJobIsRestricted(t *testing.T) {
	o, d := Options{Namespace: "ns", Release: "rel", Count: 5, Rate: 2, Size: 100}, deployed{image: "i", topic: "t"}
	job := generatorJob(o, d, "0192-1f")
	pod := job.Spec.Template.Spec
	container := pod.Containers[0]

	assert.Equal(t, "rel-verify-1f", job.Name)
	assert.Equal(t, []string{"--brokers=rel-kafka:9092", "--topic=t", "--count=5", "--rate=2", "--run-id=0192-1f", "--acks=all", "--metrics-addr=", "--size=100"}, container.Args)
	assert.True(t, *pod.SecurityContext.RunAsNonRoot)
	assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
	assert.False(t, *container.SecurityContext.AllowPrivilegeEscalation)
	assert.True(t, *container.SecurityContext.ReadOnlyRootFilesystem)
	assert.Equal(t, []corev1.Capability{"ALL"}, container.SecurityContext.Capabilities.Drop)
	assert.False(t, container.Resources.Requests.Memory().IsZero())
	assert.False(t, container.Resources.Limits.Memory().IsZero())
	assert.NotEqual(t, "log-generator", job.Spec.Template.Labels["app.kubernetes.io/name"], "Prometheus would scrape it")
	assert.Empty(t, pod.Volumes)
	assert.Zero(t, *job.Spec.BackoffLimit)
	assert.Equal(t, corev1.RestartPolicyNever, pod.RestartPolicy)
}

func TestGeneratorLogsInToASecuredKafka(t *testing.T) {
	all := parse(t)
	all["global"].(map[string]any)["security"] = map[string]any{"enabled": true, "existingSecrets": map[string]any{"kafka-tls": "my-kafka"}}
	d, err := deployedBy(all)
	require.NoError(t, err)
	o := Options{Release: "rel"}
	pod := generatorJob(o, d, "verify-1").Spec.Template.Spec

	assert.Equal(t, []string{"--tls", "--tls-ca=/etc/kafka-client/ca.crt", "--sasl=scram-sha-512", "--username=test", "--password-file=/etc/kafka-client/password"},
		pod.Containers[0].Args[len(pod.Containers[0].Args)-5:])
	assert.Equal(t, []corev1.VolumeMount{{Name: "kafka-client", MountPath: "/etc/kafka-client", ReadOnly: true}}, pod.Containers[0].VolumeMounts)
	require.Len(t, pod.Volumes, 1)
	assert.Equal(t, "kafka-client", pod.Volumes[0].Name)
	assert.Equal(t, []corev1.VolumeProjection{
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "my-kafka"}, Items: []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}}}},
		{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "rel-kafka-user-test"}, Items: []corev1.KeyToPath{{Key: "password", Path: "password"}}}},
	}, pod.Volumes[0].Projected.Sources)
}

func TestGeneratorIsRestartedOnlyIfAsked(t *testing.T) {
	job := generatorJob(Options{Restart: true}, deployed{}, "verify-1")
	assert.Equal(t, corev1.RestartPolicyOnFailure, job.Spec.Template.Spec.RestartPolicy)
	assert.Positive(t, *job.Spec.BackoffLimit)
}

func TestSummaryIsTheLastOfItsRun(t *testing.T) {
	log := `{"level":"info","msg":"started"}
{"run_id":"verify-1","sent":5,"acknowledged":4,"failed":1,"duration_seconds":2.5}
`
	s, err := parseSummary(log, "verify-1")
	require.NoError(t, err)
	assert.Equal(t, summary{RunID: "verify-1", Sent: 5, Acknowledged: 4, Failed: 1, Seconds: 2.5}, s)

	_, err = parseSummary("panic: boom", "verify-1")
	assert.ErrorContains(t, err, "no summary of run verify-1")
}

func TestRanges(t *testing.T) {
	assert.Equal(t, "17, 120-122, 500", ranges([]int64{500, 121, 17, 120, 122}))
	assert.Equal(t, "0, 2, 4, 6, 8, 10, 12, 14 and 2 more", ranges([]int64{0, 2, 4, 6, 8, 10, 12, 14, 16, 18}))
}

func TestPercentile(t *testing.T) {
	a := newArrivals(0)
	assert.Zero(t, a.percentile(0.5))
	for i := 100; i > 0; i-- {
		a.latencies = append(a.latencies, time.Duration(i))
	}
	assert.EqualValues(t, 50, a.percentile(0.50))
	assert.EqualValues(t, 99, a.percentile(0.99))
}

func TestSequenceOf(t *testing.T) {
	sequence, ok := sequenceOf([]byte(`{"event":{"sequence":7},"labels":{"run_id":"verify-1"}}`), "verify-1")
	assert.True(t, ok)
	assert.EqualValues(t, 7, sequence)
	_, ok = sequenceOf([]byte(`{"message":"verify-1","labels":{"run_id":"other"}}`), "verify-1")
	assert.False(t, ok, "the run id in a message is not the event's run")
}

func parse(t *testing.T) map[string]any {
	t.Helper()
	var all map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(releaseValues), &all))
	return all
}
