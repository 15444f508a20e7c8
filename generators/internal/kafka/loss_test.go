package kafka

import (
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"sluice/generators/internal/logs"
)

// cutter makes connections that break, now and then before an answer is written: the request was carried out, and nobody knows.
type cutter struct {
	net.Listener
	on   *atomic.Bool
	cuts *atomic.Int64
}

func (c cutter) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return cut{conn, c}, err
}

type cut struct {
	net.Conn
	cutter
}

func (c cut) Write(p []byte) (int, error) {
	if c.on.Load() && rand.IntN(10) == 0 {
		c.cuts.Add(1)
		_ = c.Conn.Close()
		return 0, errors.New("cut")
	}
	return c.Conn.Write(p)
}

func (c cut) Close() error   { return c.Conn.Close() }
func (c cut) Addr() net.Addr { return c.LocalAddr() }

// Connections break while leaders move from broker to broker: each event is there once.
func TestNothingIsLostOrDoubled(t *testing.T) {
	var on atomic.Bool
	var cuts atomic.Int64
	c, cfg := cluster(t, kfake.NumBrokers(3), kfake.ListenFn(func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		return cutter{l, &on, &cuts}, err
	}))
	s := open(t, cfg)
	on.Store(true)
	moves := time.NewTicker(50 * time.Millisecond)
	stop := make(chan struct{})
	var moving sync.WaitGroup
	moving.Go(func() {
		for {
			select {
			case <-moves.C:
				c.ShufflePartitionLeaders()
			case <-stop:
				return
			}
		}
	})

	const count = 10_000
	var stats logs.Stats
	run := logs.NewRun(logs.Config{
		Pace: logs.Pace{Count: count}, Services: []string{"a", "b", "c", "d", "e", "f"}, Levels: logs.Mix{logs.LevelInfo: 1},
		Seed: 1, RunID: "run", Workers: 4, Batch: 100, Fields: logs.FieldsAll,
	}, s, &stats, time.Now, slog.New(slog.DiscardHandler))
	require.NoError(t, run.Do(t.Context()))
	on.Store(false)
	moves.Stop()
	close(stop)
	moving.Wait()

	require.Equal(t, uint64(count), stats.Acknowledged.Load())
	require.Zero(t, stats.Failed.Load())
	require.Greater(t, cuts.Load(), int64(20))
	seen := map[int]int{}
	for _, r := range holds(t, cfg, count) {
		_, rest, _ := strings.Cut(string(r.Value), `"sequence":`)
		number, _, _ := strings.Cut(rest, ",")
		n, err := strconv.Atoi(number)
		require.NoError(t, err)
		seen[n]++
	}
	require.Len(t, seen, count)
	for n, times := range seen {
		require.Equal(t, 1, times, "event %d", n)
	}
}

// stopper ends new connections before it answers, as a broker does that stops.
type stopper struct {
	net.Listener
	stopping *atomic.Bool
}

func (s stopper) Accept() (net.Conn, error) {
	for {
		conn, err := s.Listener.Accept()
		if err != nil || !s.stopping.Load() {
			return conn, err
		}
		_, _ = conn.Read(make([]byte, 1<<16))
		_ = conn.Close()
	}
}

// Records are not given up while a broker stops and starts: franz-go would take a new epoch for all partitions, and what is on
// its way in the others could be doubled.
func TestBrokerThatStops(t *testing.T) {
	var stopping atomic.Bool
	c, cfg := cluster(t, kfake.ListenFn(func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		return stopper{l, &stopping}, err
	}))
	s := open(t, cfg)
	warm(t, s)
	c.ControlKey(kmsg.Metadata.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		return nil, errors.New("stopped"), stopping.Load()
	})
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotLeaderForPartition, When: func(kmsg.Request) bool {
		if stopping.CompareAndSwap(false, true) {
			time.AfterFunc(3*time.Second, func() { stopping.Store(false) })
		}
		return true
	}})
	left, err := s.Send(t.Context(), records("a", "b"), nil)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Len(t, holds(t, cfg, 3), 3)
}
