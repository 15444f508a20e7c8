//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
	"sluice/test/live"
)

const (
	crashCount   = 50_000
	fewer        = 20_000 // for one crash
	crashRate    = 1_000  // so that the events flow for a while
	crashTimeout = 15 * time.Minute
)

// TestKillProcesses kills broker, Elasticsearch and engine in turn while the generator sends: nothing may be lost or
// doubled. Between two kills more events arrive than an engine holds, so what was killed first is back.
func TestKillProcesses(t *testing.T) {
	c := connect(t)
	c.killProcesses(t, crashCount, "kafka", "elasticsearch", c.pipeline(t).engine)
}

func (c *cluster) killProcesses(t *testing.T, count int, components ...string) {
	t.Helper()
	var f flow
	for i, component := range components {
		f.crashes = append(f.crashes, &crash{
			what: component,
			when: afterPart(int64(1+3*i), 10),
			do:   func() error { return c.KillOne(t.Context(), component) },
		})
	}
	f.run(t, c, verify.Options{Count: count, Rate: crashRate, Timeout: crashTimeout})
	require.False(t, f.crashes[0].generatedBefore, "the generator had already sent everything: lower the rate")
	c.WaitReady(t, 5*time.Minute)
}

// The generator runs on the node that is killed. Started again, it sends all numbers again, and an
// event that was acknowledged and lost could hide behind its repetition. So here all events are sent
// at once, the node is killed when Kafka has acknowledged the last one while most are still on their
// way, and every single one must arrive.
//
// The zones tier takes the power from all of three nodes and counts in the same way, so this one waits for the soak.
func TestKillNode(t *testing.T) {
	live.SoakOnly(t)
	testKillNode(t, verify.Options{Count: crashCount, Timeout: crashTimeout},
		func(generated bool, _, _ int64) bool { return generated })
}

// Here the generator dies too and sends its run again: no event may be doubled by that.
func TestKillNodeWhileGenerating(t *testing.T) {
	testKillNode(t, verify.Options{Count: fewer, Rate: crashRate, Timeout: crashTimeout, Restart: true},
		afterPart(1, 10))
}

func testKillNode(t *testing.T, o verify.Options, when func(generated bool, searchable, total int64) bool) {
	c := connect(t)
	node, _, err := c.Process(t.Context(), release+"-kafka-0")
	require.NoError(t, err)
	killed := &crash{
		what: "the node",
		when: when,
		do: func() error {
			if _, err := live.Docker(t.Context(), "kill", node); err != nil {
				return err
			}
			_, err := live.Docker(context.WithoutCancel(t.Context()), "start", node)
			return err
		},
	}
	f := flow{crashes: []*crash{killed}}
	f.run(t, c, o)
	require.Equal(t, !o.Restart, killed.generatedBefore, "the generator must have ended before the kill, or not, as the test says")
	c.WaitReady(t, 5*time.Minute)
}
