package deliver

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/apps/indexer/internal/normalise"
)

// batch is what one bulk request holds.
type batch struct {
	body     []byte
	items    []item
	raw      int // bytes of the records, which stay in memory until their documents are kept
	taken    int // of the budget
	attempts int // requests that have failed
}

// item is one document of a batch.
type item struct {
	chunk  *chunk
	record *kgo.Record
	from   int    // where its lines begin in the body
	time   int64  // its @timestamp in nanoseconds; 0 = none
	dead   string // why it is a dead letter; "" = a document
	kept   int    // how much of the record a dead letter holds that was too large; 0 = all
}

// recordBytes is what a record costs beside its bytes.
const recordBytes = 250

// lines is the part of the body that belongs to item i.
func (b *batch) lines(i int) []byte {
	if i+1 < len(b.items) {
		return b.body[b.items[i].from:b.items[i+1].from]
	}
	return b.body[b.items[i].from:]
}

func (b *batch) cost() int { return len(b.body) + b.raw + recordBytes*len(b.items) }

// settle changes what the batch has taken of the budget to what it costs.
func (b *batch) settle(of *budget) {
	of.add(b.cost() - b.taken)
	b.taken = b.cost()
}

// add appends an item whose lines are at the end of the body already.
func (b *batch) add(it item) {
	b.items = append(b.items, it)
	b.raw += len(it.record.Value)
}

// copyItem appends item i of other, with a record of its own: other's would hold on to all that was read with it.
func (b *batch) copyItem(other *batch, i int) {
	it := other.items[i]
	it.from = len(b.body)
	it.record = ownRecord(it.record)
	b.body = append(b.body, other.lines(i)...)
	b.add(it)
}

// ownRecord copies what a dead letter needs of a record.
func ownRecord(r *kgo.Record) *kgo.Record {
	return &kgo.Record{Offset: r.Offset, Timestamp: r.Timestamp, Value: slices.Clone(r.Value)}
}

func (b *batch) reset() {
	clear(b.items)
	*b = batch{body: b.body[:0], items: b.items[:0]}
}

// source is where the item's record comes from.
func (it *item) source() normalise.Source { return it.chunk.partition.source(it.record) }

func (p *partition) source(r *kgo.Record) normalise.Source {
	return normalise.Source{
		Topic: p.topic.name, Partition: p.id, Offset: r.Offset, Time: timeOf(r),
		Index: p.topic.index, Anomaly: p.topic.anomaly,
	}
}

// batches are kept to be used again, as many as can be in flight.
type batches struct {
	free  chan *batch
	bytes int
}

func (f *batches) get() *batch {
	select {
	case b := <-f.free:
		return b
	default:
		return &batch{body: make([]byte, 0, f.bytes+f.bytes/8)}
	}
}

// put takes back a batch, unless it is much larger than the others, or one of those that were made for a few documents.
func (f *batches) put(b *batch) {
	if cap(b.body) > 2*f.bytes || cap(b.body) < f.bytes {
		return
	}
	b.reset()
	select {
	case f.free <- b:
	default:
	}
}
