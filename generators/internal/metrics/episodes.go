package metrics

import (
	"math/rand/v2"
	"time"
)

// Episodes recur once in every interval, each at a random moment of it.
type Episodes struct {
	Interval time.Duration // 0 = no episodes
	Length   time.Duration
}

// at tells whether an episode is on at t, and its number. The same seed gives the same episodes.
func (e Episodes) at(t time.Time, seed uint64) (number uint64, on bool) {
	if e.Interval <= 0 {
		return 0, false
	}
	number = uint64(t.UnixNano() / int64(e.Interval))
	into := time.Duration(t.UnixNano() % int64(e.Interval))
	random := rand.New(rand.NewPCG(seed, number))
	begin := time.Duration(random.Int64N(int64(e.Interval-e.Length) + 1))
	return number, into >= begin && into < begin+e.Length
}
