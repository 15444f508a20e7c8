//go:build zones

package zones

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"sluice/test/live"
)

// The way of docs/security.md from a secured release to an open one and back: what was there before is there afterwards.
func TestSwitchSecurity(t *testing.T) {
	live.SoakOnly(t)
	r, before := underLoad(t)
	require.Eventually(t, func() bool { return before.count() >= 1000 }, time.Minute, time.Second)
	before.stop(t)
	before.check(t)
	for _, enabled := range []bool{false, true} {
		began := time.Now()
		var stopped sync.WaitGroup
		for _, server := range []string{"zookeeper", "kafka", "elasticsearch"} {
			stopped.Go(func() { r.Scale(t.Context(), t, server, 0) })
		}
		stopped.Wait()
		off := time.Since(began)
		r.change(t, fmt.Sprintf("global.security.enabled=%t", enabled))
		r = connect(t)
		r.WaitReady(t, 10*time.Minute, r.pipeline()...)
		t.Logf("security %t: stopped after %.0f s, ready after %.0f s", enabled, off.Seconds(), time.Since(began).Seconds())

		before.r = r
		before.check(t)
		l := r.startLoad(t, r.topic, kafka.RequireAll)
		require.Eventually(t, func() bool { return l.count() >= 1000 }, time.Minute, time.Second)
		l.stop(t)
		l.check(t)
	}
	r.WaitReady(t, 10*time.Minute)
}
