//go:build e2e

package e2e

import (
	"sync"
	"testing"
	"time"

	"sluice/internal/verify"
)

// flow watches a verification's progress, breaks something once at the right moment, and
// measures how long no event became searchable after that.
type flow struct {
	when  func(step string, done, total int64) bool // the moment to break
	break_ func() error

	mu         sync.Mutex
	searchable int64 // at the last look
	rose       time.Time
	generated  bool

	brokenAt  time.Time
	before    int64         // events searchable when it broke
	mid       bool          // the generator was still sending when it broke
	pause     time.Duration // the longest time without a new event since
	recovered time.Time     // when that pause ended
	err       error
	done      chan struct{}
}
