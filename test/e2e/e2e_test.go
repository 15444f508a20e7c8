//go:build e2e

package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
)

const (
	crashCount   = 50_000
	crashRate    = 1_000 // so that the events flow for most of a minute
	crashTimeout = 15 * time.Minute
)

func TestVerify10000(t *testing.T) {
	connect(t).verify(t, verify.Options{Count: 10_000, Rate: 1_000, Timeout: 5 * time.Minute})
}

func TestKillKafka(t *testing.T)         { testKill(t, release+"-kafka-0") }
func TestKillElasticsearch(t *testing.T) { testKill(t, release+"-elasticsearch-0") }

func TestKillEngine(t *testing.T) {
	engine := "otel-collector"
	if readEngineRelease(t, connect(t)).logstash {
		engine = "logstash"
	}
	testKill(t, release+"-"+engine+"-0")
}

// testKill kills the pod's process while the generator sends: nothing may be lost or doubled.
func testKill(t *testing.T, pod string) {
	c := connect(t)
	f := flow{
		when:  func(_ bool, searchable, total int64) bool { return searchable > total/10 },
		crash: func() error { return c.killProcess(t.Context(), pod) },
	}
	f.run(t, c, verify.Options{Count: crashCount, Rate: crashRate, Timeout: crashTimeout})
	require.False(t, f.generatedBefore, "the generator had already sent everything: lower the rate")
	c.waitReady(t, 5*time.Minute)
}

// The generator runs on the node that is killed. Started again, it sends all numbers again, and an
// event that was acknowledged and lost could hide behind its repetition. So here all events are sent
// at once, the node is killed when Kafka has acknowledged the last one while most are still on their
// way, and every single one must arrive.
func TestKillNode(t *testing.T) {
	testKillNode(t, verify.Options{Count: crashCount, Timeout: crashTimeout},
		func(generated bool, _, _ int64) bool { return generated })
}

// Here the generator dies too and sends its run again: no event may be doubled by that.
func TestKillNodeWhileGenerating(t *testing.T) {
	testKillNode(t, verify.Options{Count: crashCount, Rate: crashRate, Timeout: crashTimeout, Restart: true},
		func(_ bool, searchable, total int64) bool { return searchable > total/10 })
}

func testKillNode(t *testing.T, o verify.Options, when func(generated bool, searchable, total int64) bool) {
	c := connect(t)
	node, _, err := c.process(t.Context(), release+"-kafka-0")
	require.NoError(t, err)
	f := flow{
		when: when,
		crash: func() error {
			if _, err := docker(t.Context(), "kill", node); err != nil {
				return err
			}
			_, err := docker(context.WithoutCancel(t.Context()), "start", node)
			return err
		},
	}
	f.run(t, c, o)
	require.Equal(t, !o.Restart, f.generatedBefore, "the generator must have ended before the kill, or not, as the test says")
	c.waitReady(t, 5*time.Minute)
}
