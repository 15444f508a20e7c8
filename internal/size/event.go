package size

import "math"

// PerEvent is what plans count one event as: CPU seconds over all pods of a component, and bytes of one copy.
type PerEvent struct {
	EngineCPU        float64
	ElasticsearchCPU float64
	KafkaCPU         float64
	IndexBytes       float64
	LogBytes         float64
}

// PerEvent is for events of so many bytes, an engine as the chart calls it, and as many copies as Elasticsearch and Kafka hold.
func (c Coefficients) PerEvent(engine string, bytes float64, indexCopies, logCopies int) PerEvent {
	rate := c.Value("otel.events_per_cpu_second")
	if engine == "logstash" {
		rate = c.Value("logstash.events_per_cpu_second")
	}
	growth := math.Max(1, bytes/c.Value("event.bytes"))
	return PerEvent{
		EngineCPU:        growth / rate,
		ElasticsearchCPU: growth * float64(indexCopies) / c.Value("elasticsearch.events_per_cpu_second"),
		KafkaCPU:         growth * float64(logCopies) / c.Value("kafka.events_per_cpu_second"),
		IndexBytes:       bytes * c.Value("elasticsearch.stored_share"),
		LogBytes:         bytes * c.Value("kafka.stored_share"),
	}
}
