package logs

import "time"

// Burst is a recurring episode in which every event of one service is an error, and its requests are slow.
type Burst struct {
	Interval time.Duration // from one burst's begin to the next; 0 = no bursts
	Length   time.Duration // of each burst, at most Interval
	Service  string        // empty: the services in turn
	Slowdown float64       // how many times as long its requests take; 1 = no longer
}

// serviceAt names the service that fails at the given time into the run; false outside bursts.
// The first burst begins after one interval, so that a run starts healthy.
func (b Burst) serviceAt(elapsed time.Duration, services []string) (string, bool) {
	if b.Interval <= 0 || elapsed < b.Interval || elapsed%b.Interval >= b.Length {
		return "", false
	}
	if b.Service != "" {
		return b.Service, true
	}
	turn := int(elapsed/b.Interval) - 1
	return services[turn%len(services)], true
}
