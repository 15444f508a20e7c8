package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/kube"
	"sluice/internal/size"
)

const (
	eventBytes = 500
	restCPUs   = 1e-7 // little beside what an event takes the indexer
)

// measured is a pipeline whose components rest for a while and then take what is planned, times as much as factor says. With the
// run's own events they take more: they compile, and Elasticsearch is asked for all of them.
func measured(t *testing.T, factor map[string]float64) *pipeline {
	t.Helper()
	c, err := size.Defaults()
	require.NoError(t, err)
	planned := c.PerEvent(size.Load{Engine: "indexer", Rate: 10, EventBytes: eventBytes, IndexCopies: 1, LogCopies: 1, Brokers: 1})
	p := newPipeline(t)
	p.run.Tolerance, p.run.Rate, p.run.idle = 0.3, 10, 20*time.Millisecond
	const speed = 2 // of a CPU, beside the one of the coefficients
	p.generated.summary.Seconds = 10
	p.generated.summary.CPU = 10 * c.Value(size.GeneratorCPUs) / speed
	p.run.deployed.indexCopies, p.run.deployed.logCopies = 1, 1
	p.topic.audited.bytes = testCount * eventBytes
	times := func(name string, value float64) float64 {
		if f, ok := factor[name]; ok {
			return f * value
		}
		return value
	}

	// A replica's segment, and one that is not searched any more, do not count; the first one was there before.
	store := func(bytes float64, documents int) string {
		return fmt.Sprintf(`{"indices":{"logs-1":{"shards":{"0":[
			{"routing":{"primary":true},"segments":{"_0":{"num_docs":1000,"size_in_bytes":999999,"search":true},
				"_1":{"num_docs":%d,"size_in_bytes":%.0f,"search":true},"_2":{"num_docs":7,"size_in_bytes":7000000,"search":false}}},
			{"routing":{"primary":false},"segments":{"_1":{"num_docs":7,"size_in_bytes":7000000,"search":true}}}]}}}}`, documents, bytes)
	}
	// Merges of both copies take 11 ms, 10 of them while the events come, of which they are one in ten.
	const mergesBefore, merges = 0.001, 0.011
	merged := func(seconds float64, documents int) string {
		return fmt.Sprintf(`{"_all":{"total":{"merges":{"total_time_in_millis":%.0f,"total_throttled_time_in_millis":30,"total_stopped_time_in_millis":9},"indexing":{"index_total":7}},
			"primaries":{"merges":{"total_time_in_millis":7},"indexing":{"index_total":%d}}}}`, 1000*seconds+39, documents)
	}
	p.elastic.stats = merged(mergesBefore, 9*testCount)
	const logSize, records = `sum(kafka_log_size{topic="logs-topic"})`, `sum(kafka_log_logendoffset{topic="logs-topic"})`
	p.elastic.segments = `{"indices":{"logs-1":{"shards":{"0":[{"routing":{"primary":true},"segments":{"_0":{"num_docs":1000,"size_in_bytes":999999,"search":true}}}]}}}}`
	p.prometheus.values = map[string]float64{logSize: 5e5, records: 1000}
	sent, compiled, merging := 0.0, 0.0, 0.0
	p.run.generate = func(_ context.Context, runID string) (generated, error) {
		if runID == p.run.runID {
			compiled = 100 // CPU seconds that no event takes
			return p.generated, nil
		}
		p.elastic.segments = store(times("index", testCount*planned.IndexBytes), testCount)
		p.prometheus.values = map[string]float64{logSize: 5e5 + times("log", testCount*planned.LogBytes), records: 1000 + testCount}
		p.elastic.stats = merged(merges, 10*testCount)
		sent, merging = testCount, merges-mergesBefore-merges/10
		return p.generated, nil
	}
	// Each reading is ten seconds after the one before; every component takes a little besides, and more at the first.
	now, rest := time.Unix(0, 0), 0.0
	p.run.cpu = func(context.Context) (map[string]cpuSample, error) {
		now, rest = now.Add(10*time.Second), rest+10*restCPUs
		if now.Equal(time.Unix(20, 0)) {
			rest += 50
		}
		const oneRead = 0.01
		p.elastic.mu.Lock()
		defer p.elastic.mu.Unlock()
		return map[string]cpuSample{
			"rel-indexer-5d8f-x":  {"indexer", rest + compiled + times("indexer", sent*planned.EngineCPU/speed), now},
			"rel-elasticsearch-0": {"elasticsearch", rest + compiled + merging + oneRead*float64(p.elastic.reads) + times("elasticsearch", sent*planned.ElasticsearchCPU/speed), now},
			"rel-kafka-0":         {"kafka", rest + compiled + times("kafka", sent*(planned.KafkaRequestsCPU+planned.KafkaCPU)/speed), now},
		}, nil
	}
	return p
}

func last(checks []Check) Check { return checks[len(checks)-1] }

func TestAsPlanned(t *testing.T) {
	p := measured(t, map[string]float64{"kafka": 1.2, "log": 0.8})

	report, err := p.run.do(t.Context())

	require.NoError(t, err)
	c, err := size.Defaults()
	require.NoError(t, err)
	require.Len(t, report.Predictions, 5)
	for i, want := range []float64{1, 1, 1.2, 1, 0.8} {
		assert.InDelta(t, want, report.Predictions[i].ratio(), 0.01, report.Predictions[i].What)
	}
	check := last(report.Checks)
	assert.Equal(t, ok("as planned", "5 predictions hold within 30%%"), check)
	var out bytes.Buffer
	require.NoError(t, report.Print(&out))
	assert.Regexp(t, "PREDICTION +AT REST +PREDICTED +MEASURED", out.String())
	assert.Contains(t, out.String(), "log-generator took 0.0")
	assert.Regexp(t, `an event in the topic +\d+ bytes +\d+ bytes +0.80 +--set kafka.stored_share=0.28`, out.String())
	assert.InDelta(t, restCPUs, report.Predictions[1].Rest, restCPUs/100)
	assert.InDelta(t, 0.8*c.Value("kafka.stored_share"), report.Predictions[4].Value, 0.001)
	assert.InDelta(t, 1.2*c.Value(size.KafkaRequests)/2, report.Predictions[2].Value, 0.001)
	assert.InDelta(t, 2*c.Value("indexer.events_per_cpu_second"), report.Predictions[0].Value, 1)
}

func TestNotAsPlanned(t *testing.T) {
	for name, what := range map[string]string{
		"indexer": "indexer: %s times the CPUs", "elasticsearch": "elasticsearch: %s times the CPUs", "kafka": "kafka: %s times the CPUs",
		"index": "an event in the index: %s times the bytes", "log": "an event in the topic: %s times the bytes",
	} {
		for _, factor := range []float64{0.6, 1.4} {
			p := measured(t, map[string]float64{name: factor})
			report, err := p.run.do(t.Context())
			require.ErrorContains(t, err, "as planned")
			check := last(report.Checks)
			assert.Equal(t, fmt.Sprintf(what, fmt.Sprintf("%.2f", factor))+" that were predicted", check.Detail)
			assert.Contains(t, check.Hint, "sluice size --explain")
		}
	}
}

func TestAnyToleranceTells(t *testing.T) {
	p := measured(t, map[string]float64{"kafka": 5})
	p.run.Tolerance = Any
	report, err := p.run.do(t.Context())
	require.NoError(t, err)
	assert.InDelta(t, 5, report.Predictions[2].ratio(), 0.01)
}

// What rest takes may hide what little events do.
func TestEventsThatTakeNothing(t *testing.T) {
	p := measured(t, map[string]float64{"elasticsearch": 0, "kafka": 0})
	p.run.Tolerance = Any
	report, err := p.run.do(t.Context())
	require.NoError(t, err)
	assert.InDelta(t, restCPUs, report.Predictions[1].Measured, restCPUs/100)
	assert.Zero(t, report.Predictions[1].Value)
	var out bytes.Buffer
	require.NoError(t, report.Print(&out))
	assert.Regexp(t, `elasticsearch .* 0\.\d\d +events took nothing that could be measured\n`, out.String())
	_, err = json.Marshal(report)
	require.NoError(t, err)
}

func TestWhatCannotBeMeasured(t *testing.T) {
	p := measured(t, nil)
	p.run.cpu = func(context.Context) (map[string]cpuSample, error) { return nil, errKafkaAway }
	report, err := p.run.do(t.Context())
	require.ErrorContains(t, err, "as planned")
	check := last(report.Checks)
	assert.Contains(t, check.Detail, "kafka is away")
	assert.Contains(t, check.Hint, "leave it out with --tolerance 0")

	p = measured(t, nil)
	p.generated.summary.CPU = 0
	report, err = p.run.do(t.Context())
	require.ErrorContains(t, err, "as planned")
	assert.Contains(t, last(report.Checks).Detail, "log-generator tells no CPU seconds")

	p = measured(t, nil)
	generate, cpu, moved := p.run.generate, p.run.cpu, false
	p.run.generate = func(ctx context.Context, runID string) (generated, error) {
		moved = runID != p.run.runID
		return generate(ctx, runID)
	}
	p.run.cpu = func(ctx context.Context) (map[string]cpuSample, error) {
		samples, err := cpu(ctx)
		if moved {
			delete(samples, "rel-kafka-0")
			samples["rel-kafka-1"] = cpuSample{"kafka", 1, samples["rel-elasticsearch-0"].at}
		}
		return samples, err
	}
	report, err = p.run.do(t.Context())
	require.ErrorContains(t, err, "as planned")
	assert.Contains(t, last(report.Checks).Detail, "rel-kafka-1 has started again meanwhile")
}

// Without Prometheus nobody tells how large Kafka's log is.
func TestPredictionsWithoutPrometheus(t *testing.T) {
	p := measured(t, nil)
	p.run.deployed.prometheus = false
	report, err := p.run.do(t.Context())
	require.NoError(t, err)
	assert.Len(t, report.Predictions, 4)
}

func TestSamplesOf(t *testing.T) {
	at := time.Date(2026, 11, 27, 10, 0, 1, 0, time.UTC)
	used := []kube.ContainerUsage{
		{Pod: "rel-kafka-0", Container: "other", CPUSeconds: 9, At: at},
		{Pod: "rel-kafka-0", Container: "kafka", CPUSeconds: 2.5, At: at},
		{Pod: "rel-spark-0", Container: "kafka", CPUSeconds: 1, At: at},
	}
	samples := samplesOf(used, map[string]string{"rel-kafka-0": "kafka", "rel-kafka-1": "kafka"})
	assert.Equal(t, map[string]cpuSample{"rel-kafka-0": {"kafka", 2.5, at}}, samples)
}
