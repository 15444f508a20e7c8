package size

import "math"

// Coefficients that runs are held against, beside EngineRate. GeneratorCPUs tells how fast a CPU was where those of CPU were measured.
const (
	ElasticsearchRate = "elasticsearch.events_per_cpu_second"
	KafkaRate         = "kafka.events_per_cpu_second"
	KafkaRequests     = "kafka.request_cpus"
	GeneratorCPUs     = "machine.generator_cpus"
)

// Load is what events come to, and what of.
type Load struct {
	Engine      string  // Indexer or Logstash
	Rate        float64 // events a second
	EventBytes  float64
	IndexCopies int // of a document
	LogCopies   int // of a record
	Brokers     int
}

// PerEvent is what plans count one event as: CPU seconds over all pods of a component, and bytes of one copy.
type PerEvent struct {
	EngineCPU        float64
	ElasticsearchCPU float64
	KafkaCPU         float64
	KafkaRequestsCPU float64 // of the requests that bring it and others: the fewer events a second, the more
	IndexBytes       float64
	LogBytes         float64
}

// PerEvent is for one of a load.
func (c Coefficients) PerEvent(l Load) PerEvent {
	growth := c.growth(l.EventBytes)
	return PerEvent{
		EngineCPU:        growth / c.Value(EngineRate(l.Engine)),
		ElasticsearchCPU: growth * float64(l.IndexCopies) / c.Value(ElasticsearchRate),
		KafkaCPU:         growth * float64(l.LogCopies) / c.Value(KafkaRate),
		KafkaRequestsCPU: float64(l.Brokers) * c.Value(KafkaRequests) / l.Rate,
		IndexBytes:       l.EventBytes * c.Value("elasticsearch.stored_share"),
		LogBytes:         l.EventBytes * c.Value("kafka.stored_share"),
	}
}

// EngineRate names the coefficient of an engine's CPU.
func EngineRate(engine string) string { return engine + ".events_per_cpu_second" }

// growth is how much more work an event of so many bytes is than one of the size that the coefficients were found with. Smaller
// ones are as much: most of the work of an event is not by the byte.
func (c Coefficients) growth(bytes float64) float64 { return math.Max(1, bytes/c.Value("event.bytes")) }
