package size

// Engine are the pods that carry events from Kafka to Elasticsearch.
type Engine struct {
	Component string // indexer or logstash, as the chart calls it
	Pods      int
	CPU       float64
	CPULimit  float64
	MemoryGiB float64
	Why       string
	Requests  int // of an indexer to Elasticsearch at the same time

	// Of Logstash, which has a JVM and a queue.
	HeapMiB   int
	VolumeGiB float64
	Fsync     bool // whether each event is flushed to the queue's disk
}

// The queue does not grow with the load: Kafka is where events wait.
const logstashVolumeGiB = 20

// An indexer holds some requests to Elasticsearch and what Kafka sent ahead, however many events come: 128 MiB or less with
// those of one CPU.
var indexerShapes = []shape{
	{0.25, 2, 0.25, 0},
	{0.5, 2, 0.25, 0},
	{1, 2, 0.25, 0},
	{3, 4, 0.5, 0},
}

// requestsPerCPU of an indexer are under way: while Elasticsearch works on one, the next is made. The chart's number is for one CPU.
const requestsPerCPU = 2

var logstashShapes = []shape{
	{1, 4, 3, 2048},
	{3, 4, 6, 4096},
	{7, 8, 12, 8192},
}

func (s *sheet) engine() Engine {
	rate, peak, growth := times("rate", s.Rate), times("peak", s.Peak), times("growth with size", s.growth(s.EventBytes))
	cpu := s.product("Engine: CPUs", "CPUs", rate, peak, growth, s.over(EngineRate(s.Engine)), s.over("load.share"))
	byCPU := func(pod shape) []bound { return []bound{{"CPU", cpu / pod.cpu}} }
	e := Engine{Component: s.Engine}
	var f fleet
	if s.Engine == Logstash {
		e.VolumeGiB = logstashVolumeGiB
		f, e.Fsync = s.logstash(byCPU)
	} else {
		f = scale(indexerShapes, s.Zones, byCPU)
		e.Requests = requestsPerCPU * max(1, ceil(f.cpu))
	}
	e.Pods, e.CPU, e.CPULimit, e.MemoryGiB, e.HeapMiB, e.Why = f.pods, f.cpu, f.cpuLimit, f.memoryGiB, f.heapMiB, f.why
	return e
}

// logstash says whether each event is flushed, too: while that costs nothing, or where it is asked for.
func (s *sheet) logstash(byCPU func(shape) []bound) (f fleet, fsync bool) {
	flushed := s.product("Engine: pods where each event is flushed", "pods", times("rate", s.Rate), times("peak", s.Peak),
		s.over("logstash.flushed_events_per_second"), s.over("load.share"))
	f = scale(logstashShapes, s.Zones, byCPU)
	if fsync = flushed <= float64(f.pods); !fsync && s.Fsync {
		return scale(logstashShapes, s.Zones, func(pod shape) []bound { return append(byCPU(pod), bound{"flushes (fsync)", flushed}) }), true
	}
	return f, fsync
}

// consumers are the partitions that keep all CPUs busy: the records of one are handled one after the other.
func (e Engine) consumers() int { return ceil(float64(e.Pods) * max(1, e.CPU)) }
