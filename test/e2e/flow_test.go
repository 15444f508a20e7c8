//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
)

// flow is a verification during which something is broken once. It measures how long after that
// no event became searchable.
type flow struct {
	when  func(generated bool, searchable, total int64) bool // the moment to break
	crash func() error

	generated  bool
	searchable int64
	rose       time.Time // when searchable last did

	brokenAt         time.Time
	searchableBefore int64
	generatedBefore  bool
	pause            time.Duration // the longest wait for a new event since then
	crashed          chan error
}

// run demands that the verification passes all the same, and that the crash came while events flowed.
func (f *flow) run(t *testing.T, c *cluster, o verify.Options) {
	t.Helper()
	f.crashed = make(chan error, 1)
	o.Progress = f.progress
	report := c.verify(t, o)
	require.False(t, f.brokenAt.IsZero(), "nothing was broken: the moment for it never came")
	require.NoError(t, <-f.crashed)
	require.Less(t, f.searchableBefore, report.Count, "nothing was in flight when it broke: raise the count or the rate")
	t.Logf("crash with %d of %d events searchable; the longest pause of arrivals after it %.1f s, the last arrival %.1f s after it; p99 %.1f s",
		f.searchableBefore, report.Count, f.pause.Seconds(), f.rose.Sub(f.brokenAt).Seconds(), report.LatencyP99)
}

func (f *flow) progress(step string, done, total int64) {
	now := time.Now()
	switch step {
	case verify.StepGenerate:
		f.generated = done > 0
	case verify.StepSearch:
		if done > f.searchable {
			if !f.brokenAt.IsZero() {
				f.pause = max(f.pause, now.Sub(f.rose))
			}
			f.searchable, f.rose = done, now
		}
	}
	if f.brokenAt.IsZero() && f.when(f.generated, f.searchable, total) {
		f.brokenAt, f.rose = now, now
		f.searchableBefore, f.generatedBefore = f.searchable, f.generated
		go func() { f.crashed <- f.crash() }()
	}
}
