//go:build zones

package zones

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// search asks Elasticsearch every second, as somebody who searches would.
type search struct {
	mu      sync.Mutex
	polls   int
	red     int           // polls that found it red
	failing time.Time     // since when no poll succeeds
	longest time.Duration // that none did
	stop    func()
}

func (r *release) startSearch(t *testing.T) *search {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &search{}
	var polls sync.WaitGroup
	s.stop = func() { cancel(); polls.Wait() }
	t.Cleanup(s.stop)
	polls.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(time.Second) {
			began := time.Now()
			status, err := r.searchOnce(ctx)
			if ctx.Err() == nil {
				s.note(began, status, err)
			}
		}
	})
	return s
}

func (r *release) searchOnce(parent context.Context) (status string, err error) {
	ctx, cancel := context.WithTimeout(parent, 5*time.Second)
	defer cancel()
	var health struct{ Status string }
	if err := r.elastic(ctx, "GET", "_cluster/health", "", &health); err != nil {
		return "", err
	}
	return health.Status, r.elastic(ctx, "POST", r.index+"/_search?size=1&allow_partial_search_results=false", "", nil)
}

func (s *search) note(at time.Time, status string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls++
	if status == "red" {
		s.red++
	}
	switch {
	case err == nil && s.failing.IsZero():
	case err == nil:
		s.longest = max(s.longest, time.Since(s.failing))
		s.failing = time.Time{}
	case s.failing.IsZero():
		s.failing = at
	}
}

// awaitAlert waits until Prometheus has found, since then, that an alert's condition holds. How long it must hold until somebody
// is told is tried by the tests of the rules, not by waiting for it here.
func (r *release) awaitAlert(t *testing.T, alert string, since time.Time, most time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		var answer struct {
			Data struct {
				Result []struct{ Metric map[string]string }
			}
		}
		query := fmt.Sprintf("count by (alertname) (last_over_time(ALERTS[%ds]))", 1+int(time.Since(since).Seconds()))
		err := r.prometheus(t.Context(), "api/v1/query?query="+url.QueryEscape(query), &answer)
		var found []string
		for _, result := range answer.Data.Result {
			found = append(found, result.Metric["alertname"])
		}
		if slices.Contains(found, alert) {
			t.Logf("%s found %.0f s after its cause", alert, time.Since(since).Seconds())
			return
		}
		require.Less(t, time.Since(began), most, "%s is not noticed, but %v; the last error: %v", alert, found, err)
		time.Sleep(time.Second)
	}
}
