package logs

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// takeAll takes until the end and returns when each number came, in their order.
func takeAll(t *testing.T, pace Pace, most int) (at []time.Duration) {
	t.Helper()
	start := time.Now()
	s := NewSequence(pace, time.Now)
	for {
		first, n := s.Take(t.Context(), most)
		if n == 0 {
			return at
		}
		require.LessOrEqual(t, n, most)
		require.Equal(t, uint64(len(at)), first, "a gap or a number twice")
		for range n {
			at = append(at, time.Since(start))
		}
	}
}

func TestRateIsExactOverTheRun(t *testing.T) {
	for _, c := range []struct {
		rate     float64
		duration time.Duration
		want     int
	}{
		{500, 10 * time.Second, 5000},
		{0.29, 100 * time.Second, 29},
		{0.01, 300 * time.Second, 3},
		{1, 500 * time.Millisecond, 0},
		{3, time.Second, 3},
		{123456, 2 * time.Second, 246912},
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			require.Len(t, takeAll(t, Pace{Rate: c.rate, Duration: c.duration}, 10000), c.want, "%+v", c)
			require.Equal(t, c.duration, time.Since(start))
		})
	}
}

func TestRateIsSmooth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 1000
		for i, at := range takeAll(t, Pace{Rate: rate, Count: 5000}, 10000) {
			due := time.Duration(i+1) * time.Second / rate
			require.InDelta(t, due.Seconds(), at.Seconds(), (tick + time.Millisecond).Seconds(), "number %d", i)
		}
	})
}

func TestCountEndsTheSequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Len(t, takeAll(t, Pace{Count: 25}, 10), 25)
		require.Len(t, takeAll(t, Pace{Count: 25, Rate: 1}, 10), 25)
		require.Len(t, takeAll(t, Pace{Count: 25, Rate: 1, Duration: 10 * time.Second}, 10), 10)
		require.Len(t, takeAll(t, Pace{Count: 5, Rate: 1, Duration: 10 * time.Second}, 10), 5)
	})
}

func TestFullSpeedEndsWithTheDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSequence(Pace{Duration: time.Second}, time.Now)
		_, n := s.Take(t.Context(), 10)
		require.Equal(t, 10, n)
		time.Sleep(time.Second)
		_, n = s.Take(t.Context(), 10)
		require.Zero(t, n)
	})
}

func TestStallIsCaughtUpWithinBounds(t *testing.T) {
	for stall, want := range map[time.Duration]int{
		maxLag / 2:  500,  // caught up in full
		10 * maxLag: 1001, // only the last of it
	} {
		synctest.Test(t, func(t *testing.T) {
			s := NewSequence(Pace{Rate: 100}, time.Now)
			s.Take(t.Context(), 1)
			time.Sleep(stall - time.Second/100)
			_, n := s.Take(t.Context(), 100000)
			require.InDelta(t, want, n, 2)
			time.Sleep(time.Second)
			_, n = s.Take(t.Context(), 100000)
			require.InDelta(t, 100, n, 2, "the pace goes on as before")
		})
	}
}

func TestManyTakersShareOneSequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSequence(Pace{Rate: 10000, Count: 20000}, time.Now)
		var mu sync.Mutex
		taken := map[uint64]int{}
		var takers sync.WaitGroup
		for range 8 {
			takers.Go(func() {
				for {
					first, n := s.Take(t.Context(), 7)
					if n == 0 {
						return
					}
					mu.Lock()
					for i := range uint64(n) {
						taken[first+i]++
					}
					mu.Unlock()
				}
			})
		}
		takers.Wait()
		require.Len(t, taken, 20000)
		for number, times := range taken {
			require.Equal(t, 1, times, number)
			require.Less(t, number, uint64(20000))
		}
	})
}

func TestTakeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := NewSequence(Pace{Rate: 1e-3}, time.Now)
		var takers sync.WaitGroup
		for range 2 { // one waits for a number, one for its turn
			takers.Go(func() {
				_, n := s.Take(ctx, 1)
				require.Zero(t, n)
			})
		}
		start := time.Now()
		takers.Wait()
		require.Equal(t, time.Second, time.Since(start))
	})
}
