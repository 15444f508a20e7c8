package deliver

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// partition is one assignment of a partition: given back and assigned again, it is another one. So what
// is still on its way from the first assignment can't move the second one's offsets.
type partition struct {
	topic *topic
	id    int32

	mu     sync.Mutex
	queue  []*chunk // in the order of offsets; what is before it is kept
	next   int64    // follows the last record that was read
	done   kgo.EpochOffset
	saved  int64 // what was committed last
	end    int64 // of the committed records in Kafka, when somebody looked last
	gone   bool  // given back or lost
	waiter chan struct{}
}

func newPartition(t *topic, id int32) *partition {
	return &partition{topic: t, id: id, next: -1, done: kgo.EpochOffset{Epoch: -1, Offset: -1}, saved: -1}
}

// chunk is a run of a partition's records.
type chunk struct {
	partition *partition
	records   []*kgo.Record
	left      int // records that are not kept yet, and one for the parser
	end       kgo.EpochOffset
}

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// startAt sets where the reading of the partition begins, and what the group has committed; none is -1.
func (p *partition) startAt(offset, committed int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next, p.saved = offset, committed
	p.done = kgo.EpochOffset{Epoch: -1, Offset: offset}
}

// follows tells how the log's first record fits to what was read: whether records between were deleted
// before they were read, or the log begins anew.
func (p *partition) follows(logStart, offset int64) (deleted int64, anew bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next < 0 {
		return 0, false
	}
	return max(0, logStart-p.next), offset < p.next
}

// add takes records that follow each other. The chunk is used again
// when all its records are kept and its parser has let go of it by keep(1).
func (p *partition) add(records []*kgo.Record) *chunk {
	last := records[len(records)-1]
	p.mu.Lock()
	defer p.mu.Unlock()
	c := chunks.Get().(*chunk)
	*c = chunk{p, records, len(records) + 1, kgo.EpochOffset{Epoch: last.LeaderEpoch, Offset: last.Offset + 1}}
	if p.done.Offset < 0 {
		p.done.Offset = records[0].Offset
	}
	if len(p.queue) == cap(p.queue) {
		p.join()
	}
	p.queue = append(p.queue, c)
	p.next = c.end.Offset
	return c
}

// join makes one of chunks that are kept and follow each other. So a document that is stuck does not let the queue grow.
func (p *partition) join() {
	joined := p.queue[:0]
	for _, c := range p.queue {
		if n := len(joined); n > 0 && c.left == 0 && joined[n-1].left == 0 {
			joined[n-1].end = c.end
			*c = chunk{}
			chunks.Put(c)
			continue
		}
		joined = append(joined, c)
	}
	clear(p.queue[len(joined):])
	p.queue = joined
}

// keep counts n records of c as kept: indexed, or in the index of dead letters.
func (c *chunk) keep(n int) {
	p := c.partition
	p.mu.Lock()
	defer p.mu.Unlock()
	c.left -= n
	kept := 0
	for kept < len(p.queue) && p.queue[kept].left == 0 {
		head := p.queue[kept]
		p.done = head.end
		*head = chunk{}
		chunks.Put(head)
		kept++
	}
	if kept > 0 {
		rest := copy(p.queue, p.queue[kept:])
		clear(p.queue[rest:])
		p.queue = p.queue[:rest]
	}
	if len(p.queue) == 0 && p.waiter != nil {
		close(p.waiter)
		p.waiter = nil
	}
}

// isGone tells whether the partition's records may be dropped: another indexer reads them.
func (p *partition) isGone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}

// leave stops the reading of the partition. The channel is closed when all that was read is kept.
func (p *partition) leave() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	idle := make(chan struct{})
	if len(p.queue) == 0 {
		close(idle)
	} else {
		p.waiter = idle
	}
	return idle
}

// toCommit returns what may be committed, if that is more than was.
func (p *partition) toCommit() (kgo.EpochOffset, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done, p.done.Offset >= 0 && p.done.Offset != p.saved
}

func (p *partition) committed(offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved = offset
}

// lag is how many records of Kafka are not kept yet.
func (p *partition) lag() (records int64, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.end-p.done.Offset), p.done.Offset >= 0
}

func (p *partition) sawEnd(offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = offset
}

// timeOf is a record's time. -1 means that it has none.
func timeOf(r *kgo.Record) time.Time {
	if r.Timestamp.UnixMilli() < 0 {
		return time.Time{}
	}
	return r.Timestamp
}
