//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
)

// flow is a verification during which things are broken, one after the other.
type flow struct {
	crashes []*crash

	generated  bool
	searchable int64
	rose       time.Time // when searchable last did
}

// crash breaks one thing once. It measures how long after that no event became searchable.
type crash struct {
	what string
	when func(generated bool, searchable, total int64) bool // the moment to break
	do   func() error

	at               time.Time
	searchableBefore int64
	generatedBefore  bool
	pause            time.Duration // the longest wait for a new event until the next crash
	done             chan error
}

// afterPart is the moment at which a part of all events, one of so many, is searchable.
func afterPart(part, of int64) func(bool, int64, int64) bool {
	return func(_ bool, searchable, total int64) bool { return searchable > total*part/of }
}

// run demands that the verification passes all the same, and that each crash came while events flowed.
func (f *flow) run(t *testing.T, c *cluster, o verify.Options) {
	t.Helper()
	for _, crash := range f.crashes {
		crash.done = make(chan error, 1)
	}
	o.Progress = f.progress
	report := c.verify(t, o)
	for _, crash := range f.crashes {
		require.False(t, crash.at.IsZero(), "%s was not broken: the moment for it never came", crash.what)
		require.NoError(t, <-crash.done)
		require.Less(t, crash.searchableBefore, report.Count, "nothing was in flight when %s broke: raise the count or the rate", crash.what)
		t.Logf("%s broke with %d of %d events searchable; the longest pause of arrivals after it %.1f s, the last arrival %.1f s after it; p99 %.1f s",
			crash.what, crash.searchableBefore, report.Count, crash.pause.Seconds(), f.rose.Sub(crash.at).Seconds(), report.LatencyP99)
	}
}

func (f *flow) progress(step string, done, total int64) {
	now := time.Now()
	var latest, next *crash
	for _, crash := range f.crashes {
		if crash.at.IsZero() {
			next = crash
			break
		}
		latest = crash
	}
	switch step {
	case verify.StepGenerate:
		f.generated = done > 0
	case verify.StepSearch:
		if done > f.searchable {
			if latest != nil {
				latest.pause = max(latest.pause, now.Sub(f.rose))
			}
			f.searchable, f.rose = done, now
		}
	}
	if next != nil && next.when(f.generated, f.searchable, total) {
		next.at, f.rose = now, now
		next.searchableBefore, next.generatedBefore = f.searchable, f.generated
		go func() { next.done <- next.do() }()
	}
}
