package size

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What an event is predicted to take is what plans are made of.
func TestPerEventIsThePlans(t *testing.T) {
	c := defaults(t)
	p := plan(t, func(in *Input) { in.Rate, in.EventBytes, in.Engine = 3000, 1000, Logstash })
	e := c.PerEvent(Load{Engine: Logstash, Rate: 3000, EventBytes: 1000, IndexCopies: 2, LogCopies: 3, Brokers: p.Kafka.Pods})
	planned := 3000 * p.Input.Peak / c.Value("load.share")
	found := 0
	for _, step := range p.Steps {
		for name, want := range map[string]float64{
			"Engine: CPUs":                   e.EngineCPU * planned,
			"Elasticsearch: CPUs":            e.ElasticsearchCPU * planned,
			"Kafka: CPUs":                    e.KafkaCPU * planned,
			"Elasticsearch: a day, one copy": e.IndexBytes * 3000 * 86400 / 1e9,
			"Kafka: all disks":               e.LogBytes * 3000 * 3 * 72 * 3600 / c.Value("load.share") / (1 << 30),
		} {
			if step.Name == name {
				assert.InEpsilon(t, want, step.Value, 1e-9, name)
				found++
			}
		}
	}
	assert.Equal(t, 5, found)
	assert.InEpsilon(t, float64(p.Kafka.Pods)*c.Value(KafkaRequests)/3000, e.KafkaRequestsCPU, 1e-9)
	assert.Less(t, c.PerEvent(Load{Engine: Indexer, EventBytes: 100}).EngineCPU, e.EngineCPU)
}
