package size

// Kafka are the brokers and the topic of events.
type Kafka struct {
	Pods       int
	CPU        float64
	CPULimit   float64
	MemoryGiB  float64
	HeapMiB    int
	VolumeGiB  float64 // of each
	Partitions int
	Why        string
}

// A broker's heap is small, the rest of the memory caches the newest records; the JVM's heap of 6 GiB is what Kafka's
// documentation runs its largest brokers with.
var kafkaShapes = []shape{
	{1, 4, 4, 2048},
	{3, 4, 12, 4096},
	{7, 8, 24, 6144},
}

// kafka plans brokers and partitions; a partition has one reader in each group, so it wants to know how many there are.
func (s *sheet) kafka(engineConsumers, sparkCores int) Kafka {
	rate, peak, copies := times("rate", s.Rate), times("peak", s.Peak), times("replication", float64(s.Replication))
	bytes, stored := times("event-bytes", s.EventBytes), s.times("kafka.stored_share")
	share := s.over("load.share")

	disk := s.product("Kafka: all disks", "GiB", rate, bytes, stored, times("kafka-retention × 3600 s", float64(s.KafkaHours)*3600), copies, share, over("GiB", 1<<30))
	disk = max(disk, s.Value("kafka.volume_gib_min")*float64(roundUp(fewestPods, s.Zones)))
	cpu := s.product("Kafka: CPUs", "CPUs", rate, peak, copies, times("growth with size", s.growth(s.EventBytes)), s.over(KafkaRate), share)
	written := s.product("Kafka: written to disks at the peak", "bytes/s", rate, peak, bytes, stored, copies)
	sent := s.product("Kafka: sent to readers and other brokers at the peak", "bytes/s", rate, peak, bytes, stored,
		times("replication - 1 + kafka.readers", float64(s.Replication)-1+s.Value("kafka.readers")))
	network := s.Value("aws.network_bytes_per_vcpu_second") * s.Value("load.share")
	volume := s.Value("aws.volume_bytes_per_second") * s.Value("load.share")
	byBytes := s.product("Kafka: partitions for the bytes", "partitions", rate, peak, bytes, stored, s.over("kafka.partition_bytes_per_second"))

	requests := s.product("Kafka: CPUs of each broker for requests, however little they carry", "CPUs", s.times(KafkaRequests), share)

	brokers := func(partitions int) fleet {
		return scale(kafkaShapes, s.Zones, func(broker shape) []bound {
			return []bound{
				{"CPU", cpu / (broker.cpu - requests)},
				{"disk", disk / s.Value("kafka.volume_gib_max")},
				{"disk throughput", written / volume},
				{"network", sent / (network * broker.cpuLimit)},
				{"partitions", float64(partitions*s.Replication) / s.Value("kafka.partition_copies_per_broker")},
			}
		})
	}
	least := int(s.Value("kafka.partitions_min"))
	partitions := roundUp(max(byBytes, float64(max(least, engineConsumers, sparkCores, brokers(0).pods))), least)
	f := brokers(partitions)
	return Kafka{
		Pods: f.pods, CPU: f.cpu, CPULimit: f.cpuLimit, MemoryGiB: f.memoryGiB, HeapMiB: f.heapMiB,
		VolumeGiB: volumes(disk, f.pods, s.Zones), Partitions: partitions, Why: f.why,
	}
}
