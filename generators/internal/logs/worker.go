package logs

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

const (
	firstBackoff   = 50 * time.Millisecond
	longestBackoff = 2 * time.Second
)

// worker makes a batch of events, sees it delivered, and only then makes the next: so
// the memory of a run is bounded, and its rate falls to what the broker takes.
type worker struct {
	generator *Generator
	sequence  *Sequence
	sender    Sender
	stats     *Stats
	now       func() time.Time
	log       *slog.Logger
	batch     int
	busy      atomic.Int64 // since when the present attempt lasts (Unix ns); 0 = none

	// Reused from batch to batch.
	values  []byte
	ends    []int
	records []Record
}

// run works until the sequence ends or taking ends; an unfinished delivery lasts until giveUp ends.
func (w *worker) run(taking, giveUp context.Context) error {
	defer w.busy.Store(0)
	for {
		first, n := w.sequence.Take(taking, w.batch)
		if n == 0 {
			return nil
		}
		made := w.now()
		w.busy.Store(made.UnixNano())
		w.make(first, n, made)
		if err := w.deliver(giveUp, made); err != nil {
			return err
		}
		w.busy.Store(0)
	}
}

// make fills w.records with n events from number first on.
func (w *worker) make(first uint64, n int, now time.Time) {
	w.values, w.ends, w.records = w.values[:0], w.ends[:0], w.records[:0]
	for i := range uint64(n) {
		var key []byte
		w.values, key = w.generator.Append(w.values, first+i, now)
		w.ends = append(w.ends, len(w.values))
		w.records = append(w.records, Record{Key: key})
	}
	// Only now do the values stay in place.
	begin := 0
	for i, end := range w.ends {
		w.records[i].Value = w.values[begin:end]
		begin = end
	}
	w.stats.Sent.Add(uint64(n))
}

// deliver sends w.records until all are acknowledged. It retries for ever the very same
// bytes, and so the same event.id, unless the error is permanent or ctx ends.
func (w *worker) deliver(ctx context.Context, made time.Time) error {
	pending, size := w.records, len(w.values)
	attempt := 1
	late := func(left int, reason error) {
		w.missed(attempt, left, reason)
		w.stats.Retries.Add(uint64(left))
		attempt++
	}
	for ; ; attempt++ {
		left, err := w.sender.Send(ctx, pending, late)
		leftSize := 0
		for _, r := range left {
			leftSize += len(r.Value)
		}
		w.acknowledge(len(pending)-len(left), size-leftSize, made)
		if len(left) == 0 {
			if attempt > 1 {
				w.log.Info("delivered after retries", "events", len(w.records), "attempts", attempt)
			}
			return nil
		}
		w.missed(attempt, len(left), err)
		if isPermanent(err) || !w.backOff(ctx, attempt) {
			w.stats.Failed.Add(uint64(len(left)))
			return err
		}
		w.stats.Retries.Add(uint64(len(left)))
		pending, size = left, leftSize
	}
}

// missed counts an attempt that did not deliver everything.
func (w *worker) missed(attempt, events int, err error) {
	w.stats.Errors.Add(1)
	w.busy.Store(w.now().UnixNano())
	if !isPermanent(err) && attempt&(attempt-1) == 0 { // the 1st, 2nd, 4th, 8th …, so that an outage does not flood the log
		w.log.Warn("not delivered, trying again", "events", events, "attempt", attempt, "error", err)
	}
}

func (w *worker) acknowledge(events, bytes int, made time.Time) {
	if events > 0 {
		w.stats.Acknowledged.Add(uint64(events))
		w.stats.Bytes.Add(uint64(bytes))
		w.stats.Latency.Observe(w.now().Sub(made), events)
	}
}

// backOff waits before the next attempt; false if ctx ended.
func (w *worker) backOff(ctx context.Context, attempt int) bool {
	if !sleep(ctx, min(firstBackoff<<min(attempt-1, 10), longestBackoff)) {
		return false
	}
	w.busy.Store(w.now().UnixNano())
	return true
}
