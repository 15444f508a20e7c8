package deliver

import (
	"runtime"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

func recordsFrom(offset int64, n, size int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Offset: offset + int64(i), Value: make([]byte, size), LeaderEpoch: 3}
	}
	return records
}

// Chunks are kept in any order, and offsets go on when all before them are kept.
func TestOffsetsAreContiguous(t *testing.T) {
	p := newPartition(&topic{name: "t"}, 0)
	p.startAt(10, 10)
	_, moved := p.toCommit()
	require.False(t, moved)
	a, b, c := p.add(recordsFrom(10, 5, 1)), p.add(recordsFrom(15, 5, 1)), p.add(recordsFrom(25, 5, 1))
	for _, chunk := range []*chunk{a, b, c} {
		chunk.keep(1)
	}
	b.keep(5)
	a.keep(4)
	_, moved = p.toCommit()
	require.False(t, moved)
	a.keep(1)
	offset, moved := p.toCommit()
	require.True(t, moved)
	require.Equal(t, kgo.EpochOffset{Epoch: 3, Offset: 20}, offset)
	idle := p.leave()
	require.False(t, isClosed(idle))
	c.keep(5)
	require.True(t, isClosed(idle))
	offset, _ = p.toCommit()
	require.EqualValues(t, 30, offset.Offset)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A document that is stuck lets neither the queue grow nor the records stay in memory that were kept after it.
func TestStuckDocumentHoldsNothing(t *testing.T) {
	p := newPartition(&topic{name: "t", read: prometheus.NewCounter(prometheus.CounterOpts{})}, 0)
	stuck := p.add(recordsFrom(0, 1, 1))
	stuck.keep(1)
	parser := &parser{pipeline: &pipeline{reading: t.Context()}}
	const size = 1 << 20
	for i := range int64(500) {
		c := p.add(recordsFrom(1+i, 1, size))
		c.records[0].Attrs = kgo.NewRecordAttrs(kgo.RecordAttrsOpts{Control: true})
		parser.take(c)
	}
	require.LessOrEqual(t, len(p.queue), 64)
	require.Nil(t, p.queue[len(p.queue)-1].records)
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	require.Less(t, memory.HeapAlloc, uint64(100*size))
	stuck.keep(1)
	require.Empty(t, p.queue)
	require.EqualValues(t, 501, p.done.Offset)
}
