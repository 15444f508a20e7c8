// Package verify proves that a running release does its work: it sends numbered events
// through the whole pipeline and accounts for every one of them.
package verify

import (
	"math"
	"time"

	"sluice/internal/usage"
)

// Options say which release to verify and with what load.
type Options struct {
	Kubeconfig string
	Namespace  string
	Release    string

	Count   int           // numbered events
	Rate    int           // events a second; 0 is as fast as possible
	Size    int           // bytes of one event's message; 0 leaves it to the generator
	Timeout time.Duration // for the events to arrive, from the start of the generator

	// Tolerance is how far from what `sluice size` predicts an event may take CPU and disk, as a share: 0.3 for 30%. 0 does not
	// measure it, Any tells it, however far it is. It needs a Rate, and a run of a minute; as many events are sent once more for it.
	Tolerance float64

	// Restart lets the generator's container start again when its node dies. It sends the whole run
	// again then, with the same event ids: a replay, and no duplicates.
	Restart bool

	// Progress, if set, is told after each look how far a step is. Calls do not overlap.
	Progress func(step string, done, total int64)
}

// Any is the Tolerance that measures and judges nothing.
var Any = math.Inf(1)

// The steps that Options.Progress is told of.
const (
	StepGenerate = "acknowledged"             // by Kafka: 0 until the generator has come to its end
	StepSearch   = "searchable"               // in Elasticsearch
	StepIdle     = "seconds of rest measured" // this one and the next with a Tolerance
	StepMeasure  = "events measured"
)

// validate returns a usage error for an option that can't work.
func (o Options) validate() error {
	switch {
	case o.Namespace == "":
		return usage.Errorf("namespace must not be empty")
	case o.Release == "":
		return usage.Errorf("release must not be empty")
	case o.Count < 1:
		return usage.Errorf("count must be at least 1, not %d", o.Count)
	case o.Rate < 0:
		return usage.Errorf("rate must be 0 (as fast as possible) or more events a second, not %d", o.Rate)
	case o.Size < 0:
		return usage.Errorf("size must be 0 (the generator's own) or more bytes, not %d", o.Size)
	case o.Tolerance < 0 || o.Tolerance >= 1 && o.Tolerance != Any:
		return usage.Errorf("tolerance must be from 0 (measures nothing) to below 1, not %v", o.Tolerance)
	case o.Tolerance > 0 && o.Rate < 1:
		return usage.Errorf("tolerance %v needs a rate to hold the prediction against: set it, or tolerance to 0", o.Tolerance)
	case o.Tolerance > 0 && o.Count < o.Rate*int(shortestMeasured.Seconds()):
		return usage.Errorf("%d events at %d a second are too short a run to measure what they take: set count to at least %d, or tolerance to 0",
			o.Count, o.Rate, o.Rate*int(shortestMeasured.Seconds()))
	case o.Timeout <= 0:
		return usage.Errorf("timeout must be more than 0, not %s", o.Timeout)
	case o.Rate > 0 && time.Duration(o.Count/o.Rate)*time.Second >= o.Timeout:
		return usage.Errorf("timeout %s is too short for %d events at %d a second: raise it or the rate", o.Timeout, o.Count, o.Rate)
	}
	return nil
}

func (o Options) progress(step string, done, total int64) {
	if o.Progress != nil {
		o.Progress(step, done, total)
	}
}
