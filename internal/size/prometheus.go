package size

import (
	"math"

	"sluice/internal/figures"
	"sluice/internal/usage"
)

// Prometheus is one server; a second would hold the same.
type Prometheus struct {
	CPU       float64
	CPULimit  float64
	MemoryGiB float64
	VolumeGiB int
	Series    int
}

// What values-prod.yaml gives it.
const (
	prometheusCPU       = 0.5
	prometheusMemoryGiB = 4
	prometheusVolumeGiB = 100
)

// prometheus plans for what so many pods and copies of partitions expose.
func (s *sheet) prometheus(pods, partitionCopies int) (Prometheus, error) {
	series := s.sum("Prometheus: series", "series", s.times("prometheus.series_base"),
		times("pods × prometheus.series_per_pod", float64(pods)*s.Value("prometheus.series_per_pod")),
		times("copies of partitions × prometheus.series_per_partition_copy", float64(partitionCopies)*s.Value("prometheus.series_per_partition_copy")))
	memory := s.product("Prometheus: memory", "GiB", times("series", series), s.times("prometheus.memory_bytes_per_series"), s.over("load.share"), over("GiB", 1<<30))
	disk := s.product("Prometheus: disk", "GiB", times("series", series), s.over("prometheus.scrape_seconds"), s.times("prometheus.bytes_per_sample"),
		times("86400 s", 86400), s.times("prometheus.retention_days"), s.over("load.share"), over("GiB", 1<<30))
	cpu := s.product("Prometheus: CPUs", "CPUs", times("series", series), s.over("prometheus.scrape_seconds"), s.over("prometheus.samples_per_cpu_second"), s.over("load.share"))
	p := Prometheus{
		CPU:       math.Max(prometheusCPU, math.Ceil(cpu*2)/2),
		CPULimit:  math.Max(2, math.Ceil(2*cpu)),
		MemoryGiB: math.Max(prometheusMemoryGiB, math.Ceil(memory)),
		VolumeGiB: max(prometheusVolumeGiB, ceil(disk)),
		Series:    int(series),
	}
	if p.VolumeGiB > 16384 {
		return p, usage.Errorf("Prometheus would hold %s series, too many for one: lower --rate, and give each part of the load an installation of its own", figures.Thousands(int64(series)))
	}
	return p, nil
}
