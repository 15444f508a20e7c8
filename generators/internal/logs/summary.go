package logs

import (
	"syscall"
	"time"
)

// Summary is a run's result. Its JSON form is one line; times are in seconds.
type Summary struct {
	RunID        string  `json:"run_id"`
	Sent         uint64  `json:"sent"`
	Acknowledged uint64  `json:"acknowledged"`
	Failed       uint64  `json:"failed"`
	Bytes        uint64  `json:"bytes"`
	Duration     float64 `json:"duration_seconds"`
	CPU          float64 `json:"cpu_seconds"` // of the process
	LatencyP50   float64 `json:"latency_p50_seconds"`
	LatencyP99   float64 `json:"latency_p99_seconds"`
}

// Summary sums up a run that took the given time.
func (s *Stats) Summary(runID string, took time.Duration) *Summary {
	return &Summary{
		RunID: runID, Sent: s.Sent.Load(), Acknowledged: s.Acknowledged.Load(), Failed: s.Failed.Load(),
		Bytes: s.Bytes.Load(), Duration: took.Seconds(), CPU: cpuSeconds(),
		LatencyP50: s.Latency.Quantile(0.5).Seconds(), LatencyP99: s.Latency.Quantile(0.99).Seconds(),
	}
}

// cpuSeconds is what this process has used, or 0 where the system does not tell.
func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
}
