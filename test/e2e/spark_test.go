//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	sparkRate    = 100 // events a second of a test's own services
	sparkTimeout = 10 * time.Minute

	sparkRecovery = 40 * time.Second // from the kill of one component to that of the next
)

// sparkJob is the streaming job of the release, with the settings that it has.
type sparkJob struct {
	*cluster
	logs, found string // topics
	window      time.Duration
	warmUp      int // windows
}

func connectSpark(t *testing.T) *sparkJob {
	t.Helper()
	c := connect(t)
	config, err := c.CoreV1().ConfigMaps(namespace).Get(t.Context(), release+"-spark-streaming-job", metav1.GetOptions{})
	require.NoError(t, err, "the release has no Spark: install it with spark.enabled=true")
	setting := func(section, key string) string {
		_, text, _ := strings.Cut(config.Data["log_analytics.conf"], "["+section+"]")
		text, _, _ = strings.Cut(text, "[")
		_, value, found := strings.Cut(text, "\n"+key+" = ")
		require.True(t, found, "no %s in [%s] of log_analytics.conf", key, section)
		value, _, _ = strings.Cut(value, "\n")
		return value
	}
	number := func(section, key string) int {
		n, err := strconv.Atoi(setting(section, key))
		require.NoError(t, err)
		return n
	}
	return &sparkJob{
		cluster: c, logs: setting("kafka", "topic"), found: setting("kafka", "output"),
		window: time.Duration(number("window", "seconds")) * time.Second, warmUp: number("baseline", "windows"),
	}
}

// windowKey names a window as its record does.
type windowKey struct{ service, level, start string }

// alert is what a test looks at of an alert.
type alert struct {
	service, kind string
	start         time.Time
}

// Side by side, since both mostly wait for windows to end: a burst is found in the same windows, whatever is killed.
func TestSpark(t *testing.T) {
	t.Run("FindsABurst", testSparkFindsABurst)
	t.Run("Kill", testKillSpark)
}

// A quiet service has no alert; of one that fails and slows down for two windows, both are found in the first
// two windows that the burst touches.
func testSparkFindsABurst(t *testing.T) {
	t.Parallel()
	s := connectSpark(t)
	run := fmt.Sprintf("burst-%d", time.Now().Unix())
	failing, quiet := run+"-failing", run+"-quiet"
	before := time.Duration(s.warmUp+3) * s.window
	length := 2 * s.window
	began := time.Now()
	s.generate(t, run, before+length+2*s.window, failing+","+quiet, fmt.Sprint("--burst-interval=", before),
		fmt.Sprint("--burst-length=", length), "--burst-service="+failing)

	burst := began.Add(before)
	wanted := map[string]bool{"error_rate": true, "latency": true}
	s.until(t, "alerts for the burst", func() (bool, string) {
		missing := fmt.Sprint(wanted)
		found := map[string]bool{}
		for _, a := range s.alerts(t, run) {
			found[a.kind] = found[a.kind] || a.service == failing
		}
		return found["error_rate"] && found["latency"], missing + ", found " + fmt.Sprint(found)
	})
	for _, a := range s.alerts(t, run) {
		t.Logf("%s of %s in the window from %s, %.1f s after the burst's begin", a.kind, a.service, a.start.Format(time.TimeOnly), a.start.Sub(burst).Seconds())
		if a.kind == "rate" && a.start.Add(s.window).After(began.Add(before+length+s.window)) {
			continue // the generator came to its end in this window
		}
		assert.Equal(t, failing, a.service, "an alert for a quiet service: %+v", a)
		assert.True(t, wanted[a.kind], "an alert of another kind: %+v", a)
		assert.False(t, a.start.Add(s.window).Before(burst), "an alert before the burst: %+v", a)
	}
	first := map[string]time.Time{}
	for _, a := range s.alerts(t, run) {
		if at, ok := first[a.kind]; !ok || a.start.Before(at) {
			first[a.kind] = a.start
		}
	}
	for kind := range wanted {
		// The generator needs a moment to start, so the burst begins somewhat later than planned.
		assert.Less(t, first[kind].Sub(burst), 2*s.window, "%s was found later than in the second window", kind)
	}
}

// testKillSpark kills driver, worker and master in turn while events flow: every window has exactly the events that
// are in the topic.
func testKillSpark(t *testing.T) {
	t.Parallel()
	s := connectSpark(t)
	run := fmt.Sprintf("kill-spark-%d", time.Now().Unix())
	killed := make(chan error, 1)
	go func() { killed <- s.killEach(t, 2*s.window, "spark-streaming-job", "spark-worker", "spark-master") }()
	s.generate(t, run, 2*s.window+3*sparkRecovery, run+"-a,"+run+"-b")
	require.NoError(t, <-killed)

	want := s.counted(t, run)
	require.Greater(t, len(want), 10, "windows of the run in the topic")
	began := time.Now()
	s.until(t, "the windows of the run", func() (bool, string) {
		got, _ := s.windows(t, run)
		missing := 0
		for key := range want {
			if _, ok := got[key]; !ok {
				missing++
			}
		}
		return missing == 0, fmt.Sprintf("%d of %d windows", len(got), len(want))
	})
	got, written := s.windows(t, run)
	assert.Equal(t, want, got, "events of each window: in the topic, and counted by Spark")
	t.Logf("%d windows are right, %d records for them; complete %.0f s after the last event", len(got), written, time.Since(began).Seconds())
	s.WaitReady(t, 5*time.Minute)
}

// killEach kills components one after the other, the first after a while, and gives each time to come back.
func (s *sparkJob) killEach(t *testing.T, first time.Duration, components ...string) error {
	time.Sleep(first)
	for _, component := range components {
		if err := s.KillOne(t.Context(), component); err != nil {
			return err
		}
		t.Logf("%s killed", component)
		time.Sleep(sparkRecovery)
	}
	return nil
}

// generate runs the log-generator to its end, as the release's own but with other services.
func (s *sparkJob) generate(t *testing.T, run string, duration time.Duration, services string, more ...string) {
	t.Helper()
	deployment, err := s.AppsV1().Deployments(namespace).Get(t.Context(), release+"-log-generator", metav1.GetOptions{})
	require.NoError(t, err)
	spec := deployment.Spec.Template.Spec
	spec.RestartPolicy = corev1.RestartPolicyNever
	container := &spec.Containers[0]
	container.StartupProbe, container.ReadinessProbe, container.LivenessProbe, container.Ports = nil, nil, nil, nil
	// What lets the release's own get in to Kafka stays.
	args := slices.DeleteFunc(container.Args, func(arg string) bool {
		return !slices.ContainsFunc([]string{"--tls", "--sasl", "--username", "--password"}, func(flag string) bool { return strings.HasPrefix(arg, flag) })
	})
	args = append(args, "--brokers="+release+"-kafka:9092", "--topic="+s.logs, fmt.Sprint("--rate=", 2*sparkRate), fmt.Sprint("--duration=", duration),
		"--run-id="+run, "--services="+services, "--metrics-addr=")
	container.Args = append(args, more...)
	labels := map[string]string{"app.kubernetes.io/name": "spark-e2e", "app.kubernetes.io/instance": release}
	none := int32(0)
	result, err := s.RunJob(t.Context(), &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: release + "-" + run, Namespace: namespace, Labels: labels},
		Spec: batchv1.JobSpec{BackoffLimit: &none, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec,
		}},
	})
	require.NoError(t, err)
	require.Zero(t, result.ExitCode, result.Log)
}

func (s *sparkJob) until(t *testing.T, what string, done func() (bool, string)) {
	t.Helper()
	state := ""
	for deadline := time.Now().Add(sparkTimeout); time.Now().Before(deadline); time.Sleep(5 * time.Second) {
		var ok bool
		if ok, state = done(); ok {
			return
		}
	}
	t.Fatalf("%s: not complete after %s (%s); see kubectl -n %s logs %s-spark-streaming-job-0", what, sparkTimeout, state, namespace, release)
}

// document is what is read of a log event, and of a record of Spark.
type document struct {
	Timestamp time.Time `json:"@timestamp"`
	Event     struct{ ID, Kind, Start string }
	Service   struct{ Name string }
	Log       struct{ Level string }
	Labels    struct {
		RunID string `json:"run_id"`
	}
	Window  struct{ Events int }
	Anomaly struct{ Kind string }
}

// counted are a run's events in each window, as they are in the topic.
func (s *sparkJob) counted(t *testing.T, run string) map[windowKey]int {
	events := map[windowKey]int{}
	s.read(t, s.logs, func(d document) {
		if d.Labels.RunID == run {
			start := d.Timestamp.UTC().Truncate(s.window).Format("2006-01-02T15:04:05.000Z")
			events[windowKey{d.Service.Name, d.Log.Level, start}]++
		}
	})
	return events
}

// windows are the windows that Spark has written of a run's services, one for each id, and how many records there
// are. Records of one id must agree.
func (s *sparkJob) windows(t *testing.T, run string) (map[windowKey]int, int) {
	events, ids, written := map[windowKey]int{}, map[string]document{}, 0
	s.read(t, s.found, func(d document) {
		if d.Event.Kind != "metric" || !strings.HasPrefix(d.Service.Name, run) {
			return
		}
		written++
		if before, ok := ids[d.Event.ID]; ok {
			assert.Equal(t, before, d, "a window that was written twice")
			return
		}
		ids[d.Event.ID] = d
		events[windowKey{d.Service.Name, d.Log.Level, d.Event.Start}] += d.Window.Events
	})
	return events, written
}

func (s *sparkJob) alerts(t *testing.T, run string) []alert {
	var found []alert
	seen := map[string]bool{}
	s.read(t, s.found, func(d document) {
		if d.Event.Kind == "alert" && strings.HasPrefix(d.Service.Name, run) && !seen[d.Event.ID] {
			seen[d.Event.ID] = true
			start, err := time.Parse(time.RFC3339, d.Event.Start)
			assert.NoError(t, err)
			found = append(found, alert{d.Service.Name, d.Anomaly.Kind, start})
		}
	})
	return found
}

// read gives all records of a topic.
func (s *sparkJob) read(t *testing.T, topic string, take func(document)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	access := s.Access(t)
	transport, bootstrap := access.Kafka(), access.Brokers()
	dialer := &kafka.Dialer{Timeout: 20 * time.Second, DialFunc: transport.Dial, TLS: transport.TLS, SASLMechanism: transport.SASL}
	partitions, err := dialer.LookupPartitions(ctx, "tcp", bootstrap, topic)
	require.NoError(t, err)
	for _, partition := range partitions {
		leader, err := dialer.DialPartition(ctx, "tcp", bootstrap, partition)
		require.NoError(t, err)
		first, last, err := leader.ReadOffsets()
		leader.Close()
		require.NoError(t, err)
		if first == last {
			continue
		}
		reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: topic, Partition: partition.ID, Dialer: dialer, MaxBytes: 10 << 20})
		require.NoError(t, reader.SetOffset(first))
		for offset := first; offset < last-1; {
			message, err := reader.ReadMessage(ctx)
			require.NoError(t, err)
			offset = message.Offset
			var d document
			if json.Unmarshal(message.Value, &d) == nil {
				take(d)
			}
		}
		reader.Close()
	}
}
