package logs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// broker is a Sender in memory.
type broker struct {
	mu    sync.Mutex
	got   map[string]uint64                               // event.id → event.sequence
	fails func(records []Record) (refused int, err error) // nil: accepts everything
	delay time.Duration
	late  time.Duration // how often a delay is told; 0 = never
}

func (b *broker) Send(ctx context.Context, records []Record, late func(int, error)) ([]Record, error) {
	delay := b.delay
	for ; b.late > 0 && delay > b.late; delay -= b.late {
		if !sleep(ctx, b.late) {
			return records, ctx.Err()
		}
		late(len(records), errors.New("broker away"))
	}
	if !sleep(ctx, delay) {
		return records, ctx.Err()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	refused, err := 0, error(nil)
	if b.fails != nil {
		refused, err = b.fails(records)
	}
	for _, r := range records[refused:] {
		d := parseDocument(panicker{}, r.Value)
		b.got[d.Event.ID] = d.Event.Sequence
	}
	return records[:refused], err
}

// panicker lets a goroutine that is not the test's own use require.
type panicker struct{ testing.TB }

func (panicker) Helper()                        {}
func (panicker) Errorf(format string, _ ...any) { panic(format) }
func (panicker) FailNow()                       { panic("failed") }

type outcome struct {
	*Stats
	broker *broker
	log    bytes.Buffer
	took   time.Duration
	err    error
}

func doRun(ctx context.Context, cfg Config, b *broker) *outcome {
	b.got = map[string]uint64{}
	o := &outcome{Stats: new(Stats), broker: b}
	start := time.Now()
	o.err = NewRun(cfg, b, o.Stats, time.Now, slog.New(slog.NewTextHandler(&o.log, nil))).Do(ctx)
	o.took = time.Since(start)
	return o
}

// requireComplete checks that the broker has 0..n-1 exactly once.
func (o *outcome) requireComplete(t *testing.T, n int) {
	t.Helper()
	require.Len(t, o.broker.got, n)
	seen := map[uint64]bool{}
	for _, sequence := range o.broker.got {
		require.Less(t, sequence, uint64(n))
		seen[sequence] = true
	}
	require.Len(t, seen, n)
}

func TestEverythingIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		cfg.Count = 5000
		o := doRun(t.Context(), cfg, &broker{delay: time.Millisecond})
		require.NoError(t, o.err)
		o.requireComplete(t, 5000)
		require.Equal(t, uint64(5000), o.Sent.Load())
		require.Equal(t, uint64(5000), o.Acknowledged.Load())
		require.Zero(t, o.Failed.Load()+o.Errors.Load()+o.Retries.Load())
		s := o.Summary("run", o.took)
		require.InEpsilon(t, 0.001, s.LatencyP50, 0.05)
		require.Positive(t, s.Bytes)
	})
}

// A retry resends what was not acknowledged, and only that, under the same ids.
func TestRetriesKeepIDs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		cfg.Count = 1000
		attempts, sent := 0, map[string]int{}
		o := doRun(t.Context(), cfg, &broker{fails: func(records []Record) (int, error) {
			for _, r := range records {
				sent[parseDocument(t, r.Value).Event.ID]++
			}
			if attempts++; attempts%3 != 0 {
				return len(records) / 2, errors.New("broker away")
			}
			return 0, nil
		}})
		require.NoError(t, o.err)
		o.requireComplete(t, 1000)
		require.Len(t, sent, 1000, "a retry changed an id")
		total := 0
		for _, times := range sent {
			total += times
		}
		require.Equal(t, uint64(total-1000), o.Retries.Load())
		require.Positive(t, o.Retries.Load())
		require.Equal(t, uint64(1000), o.Acknowledged.Load())
	})
}

func TestOutageIsSatOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		cfg.Rate, cfg.Count = 100, 6000
		up := time.Now().Add(time.Hour)
		o := doRun(t.Context(), cfg, &broker{fails: func(records []Record) (int, error) {
			if time.Now().Before(up) {
				return len(records), errors.New("broker away")
			}
			return 0, nil
		}})
		require.NoError(t, o.err)
		o.requireComplete(t, 6000)
		require.Less(t, bytes.Count(o.log.Bytes(), []byte("\n")), 100, "the log is flooded")
	})
}

func TestSignalFlushesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		cfg.Rate = 100
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		o := doRun(ctx, cfg, &broker{delay: 5 * time.Second})
		require.NoError(t, o.err)
		require.Positive(t, o.Sent.Load())
		require.Equal(t, o.Sent.Load(), o.Acknowledged.Load())
		o.requireComplete(t, int(o.Sent.Load()))
		require.Less(t, o.took, flushTime)
	})
}

func TestFlushEndsWithoutABroker(t *testing.T) {
	away := func(records []Record) (int, error) { return len(records), errors.New("broker away") }
	for name, end := range map[string]func(*Config, context.CancelFunc){
		"signal":   func(_ *Config, cancel context.CancelFunc) { time.AfterFunc(3*time.Second, cancel) },
		"duration": func(cfg *Config, _ context.CancelFunc) { cfg.Duration = 3 * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				cfg := testConfig()
				end(&cfg, cancel)
				o := doRun(ctx, cfg, &broker{fails: away})
				require.ErrorContains(t, o.err, "400 of 400 events were not acknowledged: broker away")
				require.Equal(t, uint64(400), o.Failed.Load(), "one batch of each worker")
				require.Equal(t, o.Sent.Load(), o.Failed.Load()+o.Acknowledged.Load())
				require.Equal(t, 3*time.Second+flushTime, o.took)
			})
		})
	}
}

func TestPermanentErrorEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reason := errors.New("too large")
		o := doRun(t.Context(), testConfig(), &broker{fails: func(records []Record) (int, error) {
			return len(records), Permanent(reason)
		}})
		require.ErrorIs(t, o.err, reason)
		require.Zero(t, o.Retries.Load())
		require.Equal(t, o.Sent.Load(), o.Failed.Load())
		require.Zero(t, o.took)
	})
}

func TestMemoryOfBatchesIsBounded(t *testing.T) {
	for _, c := range []struct{ workers, size, batch int }{
		{1, 0, 10000}, {4, 0, 10000}, {64, 0, 10000}, {4, 100000, 10000}, {64, MaxSize, 10000},
	} {
		cfg := testConfig()
		cfg.Workers, cfg.Size, cfg.Batch = c.workers, c.size, c.batch
		for _, w := range NewRun(cfg, &broker{}, new(Stats), time.Now, slog.Default()).workers {
			if w.batch > 1 {
				require.LessOrEqual(t, c.workers*w.batch*(c.size+eventOverhead), batchBytes)
			}
		}
	}
}

func TestStuckWorkerIsUnhealthy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		b := &broker{got: map[string]uint64{}, delay: time.Second}
		cfg := testConfig()
		cfg.Rate = 1e-3 // waiting for the next number is not being stuck
		r := NewRun(cfg, b, new(Stats), time.Now, slog.New(slog.DiscardHandler))
		done := make(chan error)
		go func() { done <- r.Do(ctx) }()

		time.Sleep(990 * time.Second)
		require.NoError(t, r.Healthy())
		b.delay = time.Hour
		time.Sleep(20 * time.Second)
		require.NoError(t, r.Healthy())
		time.Sleep(stuckTime)
		require.ErrorContains(t, r.Healthy(), "stuck since")
		cancel()
		require.Error(t, <-done)
		require.NoError(t, r.Healthy())
	})
}

// A sender that still tries is not stuck, and what it tells counts as attempts.
func TestLateRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig()
		cfg.Workers, cfg.Count = 1, 100
		var log bytes.Buffer
		var stats Stats
		b := &broker{got: map[string]uint64{}, delay: time.Hour + time.Second, late: 10 * time.Second}
		r := NewRun(cfg, b, &stats, time.Now, slog.New(slog.NewTextHandler(&log, nil)))
		done := make(chan error)
		go func() { done <- r.Do(t.Context()) }()
		for range 50 {
			time.Sleep(time.Minute)
			require.NoError(t, r.Healthy())
		}
		require.NoError(t, <-done)
		require.Equal(t, []uint64{100, 360, 36000}, []uint64{stats.Acknowledged.Load(), stats.Errors.Load(), stats.Retries.Load()})
		require.Contains(t, log.String(), `events=100 attempt=256 error="broker away"`)
		require.Contains(t, log.String(), "events=100 attempts=361")
		require.Equal(t, 10, bytes.Count(log.Bytes(), []byte("\n")))
	})
}

func TestWriterSender(t *testing.T) {
	var out bytes.Buffer
	left, err := NewWriterSender(&out).Send(t.Context(), []Record{{Value: []byte("{}")}, {Value: []byte("[]")}}, nil)
	require.NoError(t, err)
	require.Empty(t, left)
	require.Equal(t, "{}\n[]\n", out.String())

	records := []Record{{Value: []byte("{}")}}
	left, err = NewWriterSender(full{}).Send(t.Context(), records, nil)
	require.Equal(t, records, left)
	require.True(t, isPermanent(err))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }
