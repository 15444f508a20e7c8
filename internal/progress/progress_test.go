package progress

import (
	"bytes"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The time of these tests is synctest's, so that lines are exact and nobody waits.

func TestDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := New(&out)
		require.NoError(t, p.Do("Cluster", func(*Step) error { return nil }))
		p.Printf("between %d and %d", 1, 2)
		require.NoError(t, p.Do("Workloads", func(s *Step) error {
			s.Detail("1 of %d ready", 2)
			s.Detail("2 of %d ready", 2)
			time.Sleep(9900 * time.Millisecond)
			return nil
		}))
		require.Equal(t, "✓ Cluster (0.0 s)\nbetween 1 and 2\n✓ Workloads: 2 of 2 ready (9.9 s)\n", out.String())
		require.Equal(t, 9900*time.Millisecond, p.Elapsed())
	})
}

func TestFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		failure := errors.New("no")
		require.Equal(t, failure, New(&out).Do("Cluster", func(s *Step) error {
			s.Detail("creating")
			return failure
		}))
		require.Equal(t, "✗ Cluster: creating (0.0 s)\n", out.String())
	})
}

func TestALongStepSaysThatItStillRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		require.NoError(t, New(&out).Do("Image", func(s *Step) error {
			time.Sleep(plainInterval + time.Second)
			s.Detail("half")
			time.Sleep(plainInterval)
			return nil
		}))
		require.Equal(t, "… Image (15 s)\n… Image: half (30 s)\n✓ Image: half (31 s)\n", out.String())
	})
}

func TestStepsSideBySideShareATerminalsLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := New(&out)
		p.tty = true
		var steps sync.WaitGroup
		for i, title := range []string{"node", "java"} {
			steps.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond) // the order in which they start
				_ = p.Do(title, func(*Step) error {
					time.Sleep(time.Duration(2-i) * frameInterval * 3 / 4)
					return nil
				})
			})
		}
		steps.Wait()
		require.Equal(t, "\r\x1b[K✓ java (0.1 s)\n\r\x1b[K⠙ node (0.1 s)\r\x1b[K✓ node (0.2 s)\n", out.String())
	})
}

func TestATerminalsLineShowsAllSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := New(&out)
		p.tty = true
		node, java := &Step{title: "node", began: p.start}, &Step{title: "java", began: p.start}
		p.running = []*Step{node, java}
		p.show(java)
		require.Empty(t, out.String(), "the oldest step writes for all")
		p.show(node)
		require.Equal(t, "\r\x1b[K⠋ node (0.0 s), java (0.0 s)", out.String())
	})
}
