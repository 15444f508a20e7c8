package kafka

import (
	"context"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"sluice/generators/internal/logs"
)

func records() []logs.Record {
	return []logs.Record{{Value: []byte("a")}, {Value: []byte("b")}, {Value: []byte("c")}}
}

func TestUnacknowledged(t *testing.T) {
	left, err := unacknowledged(records(), nil)
	require.NoError(t, err)
	require.Empty(t, left)

	left, err = unacknowledged(records(), kafka.WriteErrors{kafka.RequestTimedOut, nil, kafka.NotLeaderForPartition})
	require.Equal(t, kafka.NotLeaderForPartition, err)
	require.Equal(t, []logs.Record{{Value: []byte("a")}, {Value: []byte("c")}}, left)

	left, err = unacknowledged(records(), context.Canceled)
	require.Equal(t, context.Canceled, err)
	require.Equal(t, records(), left)
}

func TestSenderIsSafeByItsSettings(t *testing.T) {
	cfg := testConfig()
	cfg.Linger = 0
	s, err := newSender(cfg, &kafka.Transport{}, defaultMaxBatch)
	require.NoError(t, err)
	require.Equal(t, kafka.RequireAll, s.writer.RequiredAcks)
	require.False(t, s.writer.Async)
	require.Positive(t, s.writer.BatchTimeout, "0 would be a second")
	require.Less(t, s.writer.BatchBytes, int64(defaultMaxBatch))
}

func TestTooLargeRecordIsForTheUser(t *testing.T) {
	s, err := newSender(testConfig(), &kafka.Transport{}, 1000)
	require.NoError(t, err)
	left, err := s.Send(t.Context(), []logs.Record{{Value: make([]byte, 2000)}})
	require.Len(t, left, 1)
	requireMisuse(t, err, `a record is larger than topic "logs-topic" takes: lower --size`)
}
