package size

// Elasticsearch are its nodes and the shards of the indices.
type Elasticsearch struct {
	Pods        int
	CPU         float64
	CPULimit    float64
	MemoryGiB   float64
	HeapMiB     int
	VolumeGiB   float64 // of each
	Shards      int     // primary ones of a day's index
	ShardGB     float64
	TotalShards int // copies of all days
	Why         string
}

// The heap is half of the memory, so that the other half caches files, and below 31 GiB, from where on pointers take twice the
// room (Elasticsearch's guide, JVM heap size).
var elasticsearchShapes = []shape{
	{1, 4, 8, 4096},
	{3, 4, 24, 12288},
	{7, 8, 56, 28672},
	{15, 16, 56, 28672},
	{30, 32, 112, 30720},
}

func (s *sheet) elasticsearch() Elasticsearch {
	rate, bytes, copies := times("rate", s.Rate), times("event-bytes", s.EventBytes), s.times("elasticsearch.copies")
	stored := s.times("elasticsearch.stored_share")
	days := times("retention + 1", float64(s.Days)+1) // today's index, beside the full days

	day := s.product("Elasticsearch: a day, one copy", "GB", rate, bytes, stored, times("86400 s", 86400), over("GB", 1e9))
	disk := s.product("Elasticsearch: all disks", "GiB", rate, bytes, stored, times("86400 s", 86400), days, copies, s.over("elasticsearch.disk_share"), over("GiB", 1<<30))
	memory := s.sum("Elasticsearch: memory for what the disks hold", "GiB",
		times("all disks ÷ (retention + 1) ÷ elasticsearch.disk_per_memory_written", disk/days.value/s.Value("elasticsearch.disk_per_memory_written")),
		times("the other days' ÷ elasticsearch.disk_per_memory_read", disk*(1-1/days.value)/s.Value("elasticsearch.disk_per_memory_read")))
	disk = max(disk, s.Value("elasticsearch.volume_gib_min")*float64(roundUp(fewestPods, s.Zones)))
	cpu := s.product("Elasticsearch: CPUs", "CPUs", rate, times("peak", s.Peak), copies, times("growth with size", s.growth(s.EventBytes)),
		s.over(ElasticsearchRate), s.over("load.share"))
	bySize := s.product("Elasticsearch: shards of a day for their size", "shards", times("a day", day), s.over("elasticsearch.shard_gb"))
	most := s.Value("elasticsearch.shards_per_index")

	nodes := func(shards float64) fleet {
		all := shards * copies.value * days.value
		return scale(elasticsearchShapes, s.Zones, func(node shape) []bound {
			return []bound{
				{"CPU", cpu / node.cpu},
				{"disk", max(memory/node.memoryGiB, disk/s.Value("elasticsearch.volume_gib_max"))},
				{"shards", all / s.Value("elasticsearch.shards_per_node")},
			}
		})
	}
	// A node that has no shard of today's index does not help to write it.
	withoutShards := nodes(0)
	shards := min(most, max(bySize, float64(withoutShards.pods)/copies.value))
	f := nodes(float64(ceil(shards)))
	return Elasticsearch{
		Pods: f.pods, CPU: f.cpu, CPULimit: f.cpuLimit, MemoryGiB: f.memoryGiB, HeapMiB: f.heapMiB,
		VolumeGiB: volumes(disk, f.pods, s.Zones), Shards: ceil(shards), ShardGB: day / float64(ceil(shards)),
		TotalShards: ceil(shards) * int(copies.value) * int(days.value), Why: f.why,
	}
}
