package normalise_test

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"sluice/apps/indexer/internal/normalise"
	contract "sluice/charts/sluice/charts/lib"
	"sluice/test/hostile"
)

// For any bytes the document means what encoding/json reads, changed as the contract says, or it is a dead letter with
// just these bytes. It is one line of strict JSON.
func FuzzAppend(f *testing.F) {
	now := time.Date(2026, 11, 30, 18, 26, 37, 123_456_789, time.UTC)
	cases, err := hostile.Load("run", now)
	require.NoError(f, err)
	for _, c := range cases {
		if len(c.Record) < 4096 { // what is larger makes the fuzzer slow
			f.Add(c.Record, c.Anomaly, c.KafkaTime)
		}
	}
	for _, record := range records {
		f.Add([]byte(record), false, now.UnixMilli())
	}
	c, err := contract.Read()
	require.NoError(f, err)
	n, err := normalise.New(normalise.Options{Contract: c, RetentionDays: 3, DeadLetterIndex: "logs-dead-letter", Now: func() time.Time { return now }})
	require.NoError(f, err)
	r := reference{Contract: c, retention: 72 * time.Hour, now: now}

	f.Fuzz(func(t *testing.T, record []byte, anomaly bool, kafka int64) {
		source := normalise.Source{Topic: "t", Partition: 3, Offset: 5, Index: "logs", Anomaly: anomaly}
		if kafka != -1 {
			source.Time = time.UnixMilli(kafka)
		}
		verify(t, n, r, record, source)
	})
}

func verify(t *testing.T, n *normalise.Normaliser, r reference, record []byte, source normalise.Source) {
	t.Helper()
	want := r.of(record, source)
	before := bytes.Clone(record)
	request, result := n.Append([]byte("before"), record, source)
	require.Equal(t, before, record, "the record was changed")
	request, found := bytes.CutPrefix(request, []byte("before"))
	require.True(t, found)
	index, id, line := lines(t, request)
	require.Equal(t, want.index, index)
	require.Equal(t, want.id, id)
	require.True(t, utf8.Valid(line))
	require.True(t, jsontext.Value(line).IsValid(), "strict JSON without a name twice: %s", line)
	document, err := read(line)
	require.NoError(t, err)
	if want.dead != "" {
		require.NotEmpty(t, result.Dead)
		require.Equal(t, hex.EncodeToString(record), document["bytes"])
		require.Equal(t, want.dead, document["error"].(map[string]any)["message"])
		if utf8.Valid(record) {
			require.Equal(t, string(record), document["event"].(map[string]any)["original"])
		}
		return
	}
	require.Empty(t, result.Dead)
	require.Equal(t, want.document, document)
}
