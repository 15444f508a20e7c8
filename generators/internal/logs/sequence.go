package logs

import (
	"context"
	"time"
)

const (
	// tick is the shortest wait for the next number: at high rates several become due in it.
	tick = 5 * time.Millisecond
	// maxLag bounds what is caught up after a stall. What lies further back is given up, so
	// that a broker that comes back is not met by a flood.
	maxLag = 10 * time.Second
)

// Pace says how fast and how long numbers are handed out.
type Pace struct {
	Rate     float64       // numbers a second; 0 = as fast as they are taken
	Count    uint64        // 0 = no end
	Duration time.Duration // 0 = no end
}

// Sequence hands out the numbers 0, 1, 2, … once each, at a pace. It is safe for
// concurrent use. Unless its takers stall, exactly Rate × Duration numbers are
// handed out within Duration.
type Sequence struct {
	pace Pace
	now  func() time.Time
	turn chan struct{} // held by the one taker that waits; guards the fields below

	next   uint64
	began  time.Time
	origin time.Time // began, moved by the time that was given up
}

// NewSequence returns a sequence whose time begins at the first Take.
func NewSequence(pace Pace, now func() time.Time) *Sequence {
	return &Sequence{pace: pace, now: now, turn: make(chan struct{}, 1)}
}

// Take waits until at least one number is due and returns first, …, first+n-1 with
// n ≤ most. n is 0 once the sequence has ended or ctx is done.
func (s *Sequence) Take(ctx context.Context, most int) (first uint64, n int) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return 0, 0
	}
	if s.began.IsZero() {
		s.began = s.now()
		s.origin = s.began
	}
	for ctx.Err() == nil {
		now := s.now()
		due, over := s.due(now, most)
		if due > 0 {
			first = s.next
			s.next += uint64(due)
			return first, due
		}
		if over || !sleep(ctx, s.untilNext(now)) {
			break
		}
	}
	return 0, 0
}

// due tells how many numbers can be handed out now, at most most, and whether none will follow them.
func (s *Sequence) due(now time.Time, most int) (n int, over bool) {
	if s.pace.Duration > 0 && now.Sub(s.began) >= s.pace.Duration {
		now, over = s.began.Add(s.pace.Duration), true
	}
	limit := s.next + uint64(most)
	if s.pace.Rate > 0 {
		// The millionth part makes up for what 0.29 × 100 lacks to 29 in floating point.
		owed := s.pace.Rate*now.Sub(s.origin).Seconds() + 1e-6 - float64(s.next)
		if bound := s.pace.Rate*maxLag.Seconds() + 1; owed > bound {
			s.origin = s.origin.Add(time.Duration((owed - bound) / s.pace.Rate * float64(time.Second)))
			owed = bound
		}
		limit = s.next + uint64(min(max(owed, 0), float64(most)))
	} else if over {
		limit = s.next
	}
	if s.pace.Count > 0 && limit >= s.pace.Count {
		limit, over = s.pace.Count, true
	}
	return int(limit - s.next), over
}

// untilNext is the wait until the next number or the end, whichever is first, and no less than a tick.
func (s *Sequence) untilNext(now time.Time) time.Duration {
	// Far numbers are awaited in steps, which also keeps the product in range.
	wait := min(float64(s.next+1)/s.pace.Rate-now.Sub(s.origin).Seconds(), 60)
	d := max(time.Duration(wait*float64(time.Second)), tick)
	if s.pace.Duration > 0 {
		d = min(d, s.began.Add(s.pace.Duration).Sub(now))
	}
	return d
}

// sleep waits for d; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
