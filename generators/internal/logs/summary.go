package logs

import "time"

// Summary is a run's result. Its JSON form is one line; times are in seconds.
type Summary struct {
	RunID        string  `json:"run_id"`
	Sent         uint64  `json:"sent"`
	Acknowledged uint64  `json:"acknowledged"`
	Failed       uint64  `json:"failed"`
	Bytes        uint64  `json:"bytes"`
	Duration     float64 `json:"duration_seconds"`
	LatencyP50   float64 `json:"latency_p50_seconds"`
	LatencyP99   float64 `json:"latency_p99_seconds"`
}

// Summary sums up a run that took the given time.
func (s *Stats) Summary(runID string, took time.Duration) *Summary {
	return &Summary{
		RunID: runID, Sent: s.Sent.Load(), Acknowledged: s.Acknowledged.Load(), Failed: s.Failed.Load(),
		Bytes: s.Bytes.Load(), Duration: took.Seconds(),
		LatencyP50: s.Latency.Quantile(0.5).Seconds(), LatencyP99: s.Latency.Quantile(0.99).Seconds(),
	}
}
