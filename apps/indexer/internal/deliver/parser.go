package deliver

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// parser makes bulk requests of records.
type parser struct {
	*pipeline
	normaliser Normaliser
	batch      *batch
	sendAt     time.Time // a batch that isn't full waits until then
	carry      []byte
}

// linger is how often a parser sends what isn't a full request: a lone record waits for nothing.
const linger = 50 * time.Millisecond

// run ends when chunks is closed and its records are handed on.
func (p *parser) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		// More records in the same request cost Elasticsearch less, so they come first.
		select {
		case c, more := <-p.chunks:
			if !more {
				p.flush()
				return
			}
			p.take(c)
			continue
		default:
		}
		var ready chan<- *batch
		var due <-chan time.Time
		if p.batch != nil {
			if wait := time.Until(p.sendAt); wait > 0 {
				timer.Reset(wait)
				due = timer.C
			} else {
				p.batch.settle(p.budget)
				ready = p.ready
			}
		}
		select {
		case c, more := <-p.chunks:
			if !more {
				p.flush()
				return
			}
			p.take(c)
		case ready <- p.batch:
			p.sent()
		case <-due:
		case <-p.working.Done():
			return
		}
	}
}

func (p *parser) sent() {
	p.batch = nil
	p.sendAt = time.Now().Add(linger)
}

// flush hands the batch to a sender and tells whether there still is one.
func (p *parser) flush() bool {
	if p.batch == nil {
		return true
	}
	p.batch.settle(p.budget)
	select {
	case p.ready <- p.batch:
		p.sent()
		return true
	case <-p.working.Done():
		return false
	}
}

// take appends the chunk's records to batches. It drops those of a partition that is gone, and all when the reading ends.
func (p *parser) take(c *chunk) {
	read, markers := 0, 0
	for i, r := range c.records {
		if i&63 == 0 && (c.partition.isGone() || p.reading.Err() != nil) {
			break
		}
		if r.Attrs.IsControl() {
			markers++
			continue
		}
		if !p.append(c, r) {
			break
		}
		read++
	}
	c.partition.topic.read.Add(float64(read))
	c.records = nil // what is kept must not stay in memory until all before it is kept as well
	c.keep(markers + 1)
}

// append makes the record's lines. False means that the reading ends.
func (p *parser) append(c *chunk, r *kgo.Record) bool {
	if p.batch == nil && !p.newBatch() {
		return false
	}
	b, from := p.batch, len(p.batch.body)
	body, result := p.normaliser.Append(b.body, r.Value, c.partition.source(r))
	b.body = body
	if len(body) > p.bulkBytes && len(b.items) > 0 {
		// It goes into the next request: this one would be too large.
		p.carry = append(p.carry[:0], body[from:]...)
		b.body = body[:from]
		if !p.flush() || !p.newBatch() {
			return false
		}
		b, from = p.batch, 0
		b.body = append(b.body, p.carry...)
	}
	it := item{chunk: c, record: r, from: from, dead: result.Dead}
	if !result.Time.IsZero() {
		it.time = result.Time.UnixNano()
	}
	b.add(it)
	return len(b.body) < p.bulkBytes || p.flush()
}

// newBatch waits until the bytes in flight allow another batch.
func (p *parser) newBatch() bool {
	if p.budget.take(p.reading, p.bulkBytes) != nil {
		return false
	}
	p.works()
	p.batch = p.free.get()
	p.batch.taken = p.bulkBytes
	return true
}
