//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/test/hostile"
)

// Whichever engine the release runs, it makes the documents of the table of hostile records, one of each record
// however often it was sent, and in one index only.
func TestHostileRecords(t *testing.T) {
	p := connectPipeline(t)
	run := fmt.Sprintf("hostile-%d", time.Now().UnixNano())
	cases, err := hostile.Load(run, time.Now())
	require.NoError(t, err)

	offsets := make([][]int64, len(cases)) // where each record was put, in partition 0
	for range 2 {
		for i, hostileCase := range cases {
			topic := p.topic
			if hostileCase.Anomaly {
				topic = p.anomaliesTopic
			}
			record := kafka.Record{Value: kafka.NewBytes(hostileCase.Record)}
			if hostileCase.KafkaTime != 0 {
				record.Time = time.UnixMilli(hostileCase.KafkaTime)
			}
			offset, err := p.produce(t.Context(), topic, 0, record)
			require.NoError(t, err, "%s: a record of %d bytes", hostileCase.Name, len(hostileCase.Record))
			offsets[i] = append(offsets[i], offset)
		}
	}
	// What comes last in both topics tells that all before it has been read.
	var ids []string
	for _, topic := range []string{p.topic, p.anomaliesTopic} {
		id := run + "-last-" + topic
		p.send(t, topic, fmt.Appendf(nil, `{"event":{"id":%q},"service":{"name":"last"}}`, id))
		ids = append(ids, id)
	}
	p.await(t, ids, 3*time.Minute)

	ids = nil
	for _, hostileCase := range cases {
		ids = append(ids, hostileCase.ID)
	}
	found := p.await(t, ids, time.Minute)
	for i, hostileCase := range cases {
		documents := found[hostileCase.ID]
		if !assert.Len(t, documents, 1, "%s: documents with the _id %s", hostileCase.Name, hostileCase.ID) {
			continue
		}
		document := documents[0]
		differences, from := hostileCase.Check(strings.TrimPrefix(document.Index, p.index), document.ID, document.Source)
		assert.Empty(t, differences, hostileCase.Name)
		if from == nil {
			continue
		}
		topic := p.topic
		if hostileCase.Anomaly {
			topic = p.anomaliesTopic
		}
		assert.Equal(t, topic, from.Topic, "%s: kafka.topic", hostileCase.Name)
		if assert.NotNil(t, from.Partition, "%s: kafka.partition", hostileCase.Name) && assert.NotNil(t, from.Offset, "%s: kafka.offset", hostileCase.Name) {
			assert.Zero(t, *from.Partition, hostileCase.Name)
			if bytes.Contains(hostileCase.Record, []byte(run)) { // of the others, what an earlier run has sent stays
				assert.Contains(t, offsets[i], *from.Offset, hostileCase.Name)
			}
		}
	}
}
