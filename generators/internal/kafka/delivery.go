package kafka

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/generators/internal/logs"
)

// delivery is the records of one call of Send on their way. It is used again: franz-go keeps a structure of some 200 bytes
// for each record, and new ones would be most of the garbage.
type delivery struct {
	slots []slot
	open  atomic.Int64  // records without an outcome
	done  chan struct{} // gets a value when the last record has its outcome

	mu  sync.Mutex
	err error // of a record that was refused
}

// slot is one record's place.
type slot struct {
	record       kgo.Record
	acknowledged atomic.Bool
	promise      func(*kgo.Record, error)
}

func newDelivery() *delivery { return &delivery{done: make(chan struct{}, 1)} }

// fill gives each record its slot. Nothing may be on its way.
func (d *delivery) fill(records []logs.Record, now time.Time) []slot {
	if len(d.slots) < len(records) {
		d.slots = make([]slot, len(records))
		for i := range d.slots {
			s := &d.slots[i]
			s.promise = func(_ *kgo.Record, err error) { d.outcome(s, err) }
		}
	}
	d.err = nil
	d.open.Store(int64(len(records)))
	slots := d.slots[:len(records)]
	for i, r := range records {
		slots[i].record = kgo.Record{Key: r.Key, Value: r.Value, Timestamp: now}
		slots[i].acknowledged.Store(false)
	}
	return slots
}

// outcome is what franz-go tells of a record, once for each.
func (d *delivery) outcome(s *slot, err error) {
	if err == nil {
		s.acknowledged.Store(true)
	} else {
		d.mu.Lock()
		if d.err == nil || errors.Is(err, kerr.MessageTooLarge) { // which says most
			d.err = err
		}
		d.mu.Unlock()
	}
	if d.open.Add(-1) == 0 {
		d.done <- struct{}{}
	}
}

// left moves the records that are not acknowledged to the front.
func (d *delivery) left(records []logs.Record) []logs.Record {
	left := records[:0]
	for i, r := range records {
		if !d.slots[i].acknowledged.Load() {
			left = append(left, r)
		}
	}
	return left
}
