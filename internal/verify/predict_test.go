package verify

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/kube"
	"sluice/internal/size"
)

const eventBytes = 500

// measured is a pipeline whose components rest for a while and then take what is planned, times as much as factor says.
func measured(t *testing.T, factor map[string]float64) *pipeline {
	t.Helper()
	c, err := size.Defaults()
	require.NoError(t, err)
	planned := c.PerEvent("otel-collector", eventBytes, 1, 1)
	p := newPipeline(t)
	p.run.Tolerance, p.run.Rate, p.run.idle = 0.3, 10, time.Millisecond
	p.run.deployed.indexCopies, p.run.deployed.logCopies = 1, 1
	p.topic.audited.bytes = testCount * eventBytes
	times := func(name string, value float64) float64 {
		if f, ok := factor[name]; ok {
			return f * value
		}
		return value
	}

	store := func(bytes float64, documents int) string {
		return fmt.Sprintf(`{"_all":{"primaries":{"docs":{"count":%d},"store":{"size_in_bytes":%.0f}}}}`, documents, bytes)
	}
	const size, records = `sum(kafka_log_size{topic="logs-topic"})`, `sum(kafka_log_logendoffset{topic="logs-topic"})`
	p.elastic.stats = store(1e6, 1000)
	p.prometheus.values = map[string]float64{size: 5e5, records: 1000}
	sent := 0.0
	p.run.generate = func(context.Context) (generated, error) {
		p.elastic.stats = store(1e6+times("index", testCount*planned.IndexBytes), 1000+testCount)
		p.prometheus.values = map[string]float64{size: 5e5 + times("log", testCount*planned.LogBytes), records: 1000 + testCount}
		sent = testCount
		return p.generated, nil
	}
	// Each reading is ten seconds after the one before; every component takes 10% of a CPU besides.
	now, rest := time.Unix(0, 0), 0.0
	p.run.cpu = func(context.Context) (map[string]cpuSample, error) {
		now, rest = now.Add(10*time.Second), rest+1
		return map[string]cpuSample{
			"rel-otel-collector-0": {"otel-collector", rest + times("otel-collector", sent*planned.EngineCPU), now},
			"rel-elasticsearch-0":  {"elasticsearch", rest + times("elasticsearch", sent*planned.ElasticsearchCPU), now},
			"rel-kafka-0":          {"kafka", rest + times("kafka", sent*planned.KafkaCPU), now},
		}, nil
	}
	return p
}

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
	check := report.Checks[len(report.Checks)-1]
	assert.Equal(t, ok("as planned", "5 predictions hold within 30%%"), check)
	var out bytes.Buffer
	require.NoError(t, report.Print(&out))
	assert.Contains(t, out.String(), "OF AN EVENT          PREDICTED  MEASURED")
	assert.Regexp(t, `a copy in the topic +\d+ bytes +\d+ bytes +0.80 +--set kafka.stored_share=0.28`, out.String())
	assert.InDelta(t, 0.8*c.Value("kafka.stored_share"), report.Predictions[4].Value, 0.001)
	assert.InDelta(t, c.Value("kafka.events_per_cpu_second")/1.2, report.Predictions[2].Value, 1)
}

func TestNotAsPlanned(t *testing.T) {
	for name, what := range map[string]string{
		"otel-collector": "otel-collector, CPU", "elasticsearch": "elasticsearch, CPU", "kafka": "kafka, CPU",
		"index": "a copy in the index", "log": "a copy in the topic",
	} {
		for _, factor := range []float64{0.6, 1.4} {
			p := measured(t, map[string]float64{name: factor})
			report, err := p.run.do(t.Context())
			require.ErrorContains(t, err, "as planned")
			check := report.Checks[len(report.Checks)-1]
			assert.Equal(t, fmt.Sprintf("%s is %.2f times what was predicted", what, factor), check.Detail)
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

func TestWhatCannotBeMeasured(t *testing.T) {
	p := measured(t, nil)
	p.run.cpu = func(context.Context) (map[string]cpuSample, error) { return nil, errKafkaAway }
	_, err := p.run.do(t.Context())
	require.ErrorContains(t, err, "kafka is away: leave it out with --tolerance 0")

	p = measured(t, nil)
	readings, cpu := 0, p.run.cpu
	p.run.cpu = func(ctx context.Context) (map[string]cpuSample, error) {
		samples, err := cpu(ctx)
		if readings++; readings > 2 {
			delete(samples, "rel-kafka-0")
			samples["rel-kafka-1"] = cpuSample{"kafka", 1, samples["rel-elasticsearch-0"].at}
		}
		return samples, err
	}
	report, err := p.run.do(t.Context())
	require.ErrorContains(t, err, "as planned")
	assert.Contains(t, report.Checks[len(report.Checks)-1].Detail, "rel-kafka-1 has started again meanwhile")
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
