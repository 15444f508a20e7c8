//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
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
	c := connect(t)
	r := readEngineRelease(t, c)
	run := fmt.Sprintf("hostile-%d", time.Now().UnixNano())
	cases, err := hostile.Load(run, time.Now())
	require.NoError(t, err)

	kafkaClient := c.Kafka(t)
	offsets := make([][]int64, len(cases)) // where each record was put, in partition 0
	for range 2 {
		for i, hostileCase := range cases {
			topic := r.topic
			if hostileCase.Anomaly {
				topic = r.anomaliesTopic
			}
			offsets[i] = append(offsets[i], produce(t, kafkaClient, topic, hostileCase.Record))
		}
	}
	// What comes last in both topics tells that all before it has been read.
	var ids []string
	for _, topic := range []string{r.topic, r.anomaliesTopic} {
		id := run + "-last-" + topic
		produce(t, kafkaClient, topic, fmt.Appendf(nil, `{"event":{"id":%q},"service":{"name":"last"}}`, id))
		ids = append(ids, id)
	}
	search := elasticsearch{index: r.index}
	search.http, search.url = c.Access(t).Elasticsearch(time.Minute)
	search.await(t, ids, 3*time.Minute)

	ids = nil
	for _, hostileCase := range cases {
		ids = append(ids, hostileCase.ID)
	}
	found := search.await(t, ids, time.Minute)
	for i, hostileCase := range cases {
		documents := found[hostileCase.ID]
		if !assert.Len(t, documents, 1, "%s: documents with the _id %s", hostileCase.Name, hostileCase.ID) {
			continue
		}
		document := documents[0]
		differences, from := hostileCase.Check(strings.TrimPrefix(document.Index, r.index), document.ID, document.Source)
		assert.Empty(t, differences, hostileCase.Name)
		if from == nil {
			continue
		}
		topic := r.topic
		if hostileCase.Anomaly {
			topic = r.anomaliesTopic
		}
		assert.Equal(t, topic, from.Topic, "%s: kafka.topic", hostileCase.Name)
		if r.logstash { // the Collector knows neither
			if assert.NotNil(t, from.Partition, "%s: kafka.partition", hostileCase.Name) && assert.NotNil(t, from.Offset, "%s: kafka.offset", hostileCase.Name) {
				assert.Zero(t, *from.Partition, hostileCase.Name)
				assert.Contains(t, offsets[i], *from.Offset, hostileCase.Name)
			}
		}
	}
}

type engineRelease struct {
	topic, anomaliesTopic, index string
	logstash                     bool
}

func readEngineRelease(t *testing.T, c *cluster) engineRelease {
	t.Helper()
	values, err := c.Helm().Values()
	require.NoError(t, err)
	content, err := json.Marshal(values)
	require.NoError(t, err)
	var v struct {
		Global   struct{ Topic, AnomaliesTopic, Index string }
		Logstash struct{ Enabled bool }
	}
	require.NoError(t, json.Unmarshal(content, &v))
	return engineRelease{v.Global.Topic, v.Global.AnomaliesTopic, v.Global.Index, v.Logstash.Enabled}
}

// engine is the component's name.
func (r engineRelease) engine() string {
	if r.logstash {
		return "logstash"
	}
	return "otel-collector"
}

// produce puts a record into partition 0 and returns its offset.
func produce(t *testing.T, client *kafka.Client, topic string, value []byte) int64 {
	t.Helper()
	answer, err := client.Produce(t.Context(), &kafka.ProduceRequest{
		Topic: topic, Partition: 0, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(kafka.Record{Value: kafka.NewBytes(value)}),
	})
	require.NoError(t, err, "a record of %d bytes for %s", len(value), topic)
	require.NoError(t, answer.Error, "a record of %d bytes for %s", len(value), topic)
	return answer.BaseOffset
}

// elasticsearch looks into every index whose name begins with that of the alias.
type elasticsearch struct {
	http       *http.Client
	url, index string
}

type found struct {
	Index  string          `json:"_index"`
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
}

// await returns the documents with these ids as soon as there is one of each; what is missing at the end is missing.
func (e elasticsearch) await(t *testing.T, ids []string, most time.Duration) map[string][]found {
	t.Helper()
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var documents map[string][]found
	for deadline := time.Now().Add(most); ; time.Sleep(2 * time.Second) {
		var err error
		if documents, err = e.find(t.Context(), ids); err == nil && len(documents) == len(ids) {
			return documents
		}
		if time.Now().After(deadline) {
			require.NoError(t, err)
			t.Logf("%d of %d ids were found in %s* within %s", len(documents), len(ids), e.index, most)
			return documents
		}
	}
}

func (e elasticsearch) find(ctx context.Context, ids []string) (map[string][]found, error) {
	query, err := json.Marshal(map[string]any{"size": 1000, "query": map[string]any{"ids": map[string]any{"values": ids}}})
	if err != nil {
		return nil, err
	}
	if err := e.post(ctx, "_refresh", nil, nil); err != nil {
		return nil, err
	}
	var answer struct {
		Hits struct{ Hits []found }
	}
	if err := e.post(ctx, "_search", query, &answer); err != nil {
		return nil, err
	}
	documents := map[string][]found{}
	for _, document := range answer.Hits.Hits {
		documents[document.ID] = append(documents[document.ID], document)
	}
	return documents, nil
}

func (e elasticsearch) post(ctx context.Context, call string, body []byte, answer any) error {
	url := fmt.Sprintf("%s/%s*/%s?ignore_unavailable=true", e.url, e.index, call)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", url, response.Status, content)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(content, answer)
}
