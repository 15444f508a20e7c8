package deliver

import (
	"math/rand/v2"
	"time"
)

const (
	backoffBase = 200 * time.Millisecond
	backoffMax  = 10 * time.Second
)

// backoff is how long to wait after that many failed requests: exponential, with full jitter, so that
// requests that failed together don't come back together.
func backoff(failed int) time.Duration {
	limit := backoffMax
	if failed < 10 {
		limit = min(limit, backoffBase<<max(0, failed-1))
	}
	return rand.N(limit)
}
