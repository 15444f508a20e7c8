package size

// Engine are the pods that carry events from Kafka to Elasticsearch.
type Engine struct {
	Component string // otel-collector or logstash, as the chart calls it
	Pods      int
	CPU       float64
	CPULimit  float64
	MemoryGiB float64
	HeapMiB   int // of Logstash
	VolumeGiB float64
	Fsync     bool // whether each event is flushed to the queue's disk
	Why       string
}

// The queue does not grow with the load: Kafka is where events wait.
const (
	otelVolumeGiB     = 10
	logstashVolumeGiB = 20
)

var otelShapes = []shape{
	{0.5, 2, 1, 0},
	{1, 2, 1, 0},
	{3, 4, 2, 0},
	{7, 8, 4, 0},
}

var logstashShapes = []shape{
	{1, 4, 3, 2048},
	{3, 4, 6, 4096},
	{7, 8, 12, 8192},
}

func (s *sheet) engine() Engine {
	e, shapes := Engine{Component: "otel-collector", VolumeGiB: otelVolumeGiB}, otelShapes
	if s.Engine == Logstash {
		e, shapes = Engine{Component: "logstash", VolumeGiB: logstashVolumeGiB}, logstashShapes
	}
	rate, peak, growth := times("rate", s.Rate), times("peak", s.Peak), times("growth with size", s.growth(s.EventBytes))
	cpu := s.product("Engine: CPUs", "CPUs", rate, peak, growth, s.over(EngineRate(e.Component)), s.over("load.share"))
	flushed := s.product("Engine: pods where each event is flushed", "pods", rate, peak, s.over("engine.flushed_events_per_second"), s.over("load.share"))

	byCPU := func(pod shape) []bound { return []bound{{"CPU", cpu / pod.cpu}} }
	f := scale(shapes, s.Zones, byCPU)
	// Flushing is on while it costs nothing.
	e.Fsync = flushed <= float64(f.pods)
	if s.Fsync && !e.Fsync {
		e.Fsync = true
		f = scale(shapes, s.Zones, func(pod shape) []bound { return append(byCPU(pod), bound{"flushes (fsync)", flushed}) })
	}
	e.Pods, e.CPU, e.CPULimit, e.MemoryGiB, e.HeapMiB, e.Why = f.pods, f.cpu, f.cpuLimit, f.memoryGiB, f.heapMiB, f.why
	return e
}

// consumers are the partitions that keep all CPUs busy: the records of one are handled one after the other.
func (e Engine) consumers() int { return ceil(float64(e.Pods) * max(1, e.CPU)) }
