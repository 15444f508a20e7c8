package verify

import (
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/stretchr/testify/require"
)

// The end of a transaction takes an offset, and is no record.
func TestReadingGoesOnBehindTransactions(t *testing.T) {
	record := func(offset int64, value string) kafka.RecordReader {
		return kafka.NewRecordReader(kafka.Record{Offset: offset, Value: kafka.NewBytes([]byte(value))})
	}
	var told []string
	var offsets []int64
	for _, batch := range batches(&protocol.RecordStream{Records: []protocol.RecordReader{
		record(4, "a"), &protocol.ControlBatch{Records: record(5, "end")},
	}}) {
		next, err := readBatch(batch, func(_ int64, value []byte) { told = append(told, string(value)) })
		require.NoError(t, err)
		offsets = append(offsets, next)
	}
	require.Equal(t, []string{"a"}, told)
	require.Equal(t, []int64{5, 6}, offsets)
	require.Len(t, batches(record(7, "b")), 1)
}
