package logs

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// flushTime is how long events in flight may still be delivered once a run has come to its
	// end: less than the 30 s that Kubernetes leaves a pod between SIGTERM and SIGKILL.
	flushTime = 20 * time.Second
	// stuckTime is the longest a single attempt can take, with room to spare.
	stuckTime = 2 * time.Minute
	// batchBytes bounds what all workers together hold in memory.
	batchBytes = 4 << 20
	// eventOverhead is about what an event's JSON has besides its message.
	eventOverhead = 512
)

// Run is one run of the generator.
type Run struct {
	cfg     Config
	stats   *Stats
	now     func() time.Time
	workers []*worker
}

// NewRun prepares a run that delivers through sender; cfg must be valid.
func NewRun(cfg Config, sender Sender, stats *Stats, now func() time.Time, log *slog.Logger) *Run {
	r := &Run{cfg: cfg, stats: stats, now: now}
	start, sequence := now(), NewSequence(cfg.Pace, now)
	for range cfg.Workers {
		r.workers = append(r.workers, &worker{
			generator: NewGenerator(cfg, start), sequence: sequence, sender: sender,
			stats: stats, now: now, log: log,
			batch: max(1, min(cfg.Batch, batchBytes/cfg.Workers/max(cfg.Size+eventOverhead, cfg.EventSize))),
		})
	}
	return r
}

// Do makes and delivers events until the count or duration is reached or ctx ends, then
// flushes what is in flight. Its error tells that something was not acknowledged.
func (r *Run) Do(ctx context.Context) error {
	taking, stop := context.WithCancel(ctx)
	defer stop()
	giveUp, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	// The time to flush begins with a signal, with a worker's failure, or with the end of the
	// duration, which the sequence itself keeps: it hands out the last numbers at the very end.
	flush := context.AfterFunc(taking, func() { sleep(giveUp, flushTime); cancel() })
	defer flush()
	if r.cfg.Duration > 0 {
		defer time.AfterFunc(r.cfg.Duration+flushTime, cancel).Stop()
	}

	var workers sync.WaitGroup
	errs := make([]error, len(r.workers))
	for i, w := range r.workers {
		workers.Go(func() {
			if errs[i] = w.run(taking, giveUp); errs[i] != nil {
				stop()
			}
		})
	}
	workers.Wait()
	return r.result(errs)
}

// result is the error of the whole run: the one that says what to change, if there is one.
func (r *Run) result(errs []error) error {
	var last error
	for _, err := range errs {
		if isPermanent(err) {
			return err
		}
		last = cmp.Or(err, last)
	}
	if last != nil {
		return fmt.Errorf("%d of %d events were not acknowledged: %w", r.stats.Failed.Load(), r.stats.Sent.Load(), last)
	}
	return nil
}

// Healthy tells whether a worker is stuck: an attempt to send ends by itself, well or not.
func (r *Run) Healthy() error {
	for i, w := range r.workers {
		if since := w.busy.Load(); since != 0 && r.now().Sub(time.Unix(0, since)) > stuckTime {
			return fmt.Errorf("worker %d has been stuck since %s", i, time.Unix(0, since).UTC().Format(time.RFC3339))
		}
	}
	return nil
}
