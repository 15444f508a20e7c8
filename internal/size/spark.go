package size

// Spark are the workers of the streaming job. Its driver and master do not depend on the load.
type Spark struct {
	Pods        int
	CPU         float64
	Cores       int // tasks at a time of each worker
	MemoryGiB   float64
	ExecutorMiB int // of its one executor, beside whose heap there are the worker and what is not heap
	Why         string
}

var sparkShapes = []shape{
	{1, 2, 3, 2048},
	{3, 4, 11, 8192},
	{7, 8, 24, 18432},
	{15, 16, 52, 40960},
}

func (s *sheet) spark() Spark {
	cpu := s.product("Spark: CPUs of workers", "CPUs", times("rate", s.Rate), times("peak", s.Peak), times("growth with size", s.growth(s.EventBytes)),
		s.over("spark.events_per_cpu_second"), s.over("load.share"))
	f := scale(sparkShapes, s.Zones, func(worker shape) []bound { return []bound{{"CPU", cpu / worker.cpu}} })
	return Spark{Pods: f.pods, CPU: f.cpu, Cores: int(f.cpuLimit), MemoryGiB: f.memoryGiB, ExecutorMiB: f.heapMiB, Why: f.why}
}

// TotalCores are those of all workers: each task reads a partition of its own.
func (s Spark) TotalCores() int { return s.Pods * s.Cores }
