package normalise_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/apps/indexer/internal/normalise"
	contract "sluice/charts/sluice/charts/lib"
	"sluice/test/hostile"
)

func normaliser(t testing.TB, now func() time.Time) *normalise.Normaliser {
	t.Helper()
	c, err := contract.Read()
	require.NoError(t, err)
	n, err := normalise.New(normalise.Options{Contract: c, RetentionDays: 3, DeadLetterIndex: "logs-dead-letter", Now: now})
	require.NoError(t, err)
	return n
}

// lines takes the two lines of a _bulk request apart.
func lines(t testing.TB, request []byte) (index, id string, document []byte) {
	t.Helper()
	parts := bytes.Split(request, []byte("\n"))
	require.Len(t, parts, 3, "a request of two lines")
	require.Empty(t, parts[2])
	require.NotContains(t, string(request), "\r")
	var action struct {
		Create struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		} `json:"create"`
	}
	decoder := json.NewDecoder(bytes.NewReader(parts[0]))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&action))
	require.True(t, json.Valid(parts[1]), "%.2000s", parts[1])
	return action.Create.Index, action.Create.ID, parts[1]
}

// The documents of the table of hostile records; twice, for nothing of a record may stay for the next one.
func TestHostileRecords(t *testing.T) {
	now := time.Now()
	cases, err := hostile.Load("run", now)
	require.NoError(t, err)
	n := normaliser(t, time.Now)
	var request []byte
	for range 2 {
		for _, c := range cases {
			source := normalise.Source{Topic: "logs", Partition: 2, Offset: 7, Time: time.Now(), Index: "logs", Anomaly: c.Anomaly}
			if c.Anomaly {
				source.Index = "logs-anomalies"
			}
			switch c.KafkaTime {
			case 0:
			case -1:
				source.Time = time.Time{}
			default:
				source.Time = time.UnixMilli(c.KafkaTime)
			}
			before := bytes.Clone(c.Record)
			var result normalise.Result
			request, result = n.Append(request[:0], c.Record, source)
			require.Equal(t, before, c.Record, "%s: the record was changed", c.Name)
			index, id, document := lines(t, request)
			differences, from := c.Check(strings.TrimPrefix(index, "logs"), id, document)
			assert.True(t, differences == nil, "%s: %.3000s", c.Name, differences)
			assert.Equal(t, c.Index == "-dead-letter", result.Dead != "", "%s: %q", c.Name, result.Dead)
			if from != nil {
				assert.Equal(t, []any{"logs", int32(2), int64(7)}, []any{from.Topic, *from.Partition, *from.Offset}, c.Name)
			}
		}
	}
}
