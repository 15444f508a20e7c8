package size

import "math"

// The coefficients of CPU that are not the engine's.
const (
	ElasticsearchRate = "elasticsearch.events_per_cpu_second"
	KafkaRate         = "kafka.events_per_cpu_second"
)

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
	growth := c.growth(bytes)
	return PerEvent{
		EngineCPU:        growth / c.Value(EngineRate(engine)),
		ElasticsearchCPU: growth * float64(indexCopies) / c.Value(ElasticsearchRate),
		KafkaCPU:         growth * float64(logCopies) / c.Value(KafkaRate),
		IndexBytes:       bytes * c.Value("elasticsearch.stored_share"),
		LogBytes:         bytes * c.Value("kafka.stored_share"),
	}
}

// EngineRate names the coefficient of an engine's CPU.
func EngineRate(engine string) string {
	if engine == "logstash" {
		return "logstash.events_per_cpu_second"
	}
	return "otel.events_per_cpu_second"
}

// growth is how much more work an event of so many bytes is than one of the size that the coefficients were found with. Smaller
// ones are as much: most of the work of an event is not by the byte.
func (c Coefficients) growth(bytes float64) float64 { return math.Max(1, bytes/c.Value("event.bytes")) }
