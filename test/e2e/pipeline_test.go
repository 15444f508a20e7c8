//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
	"sluice/test/live"
)

// pipeline is what carries records of the release's two topics to Elasticsearch.
type pipeline struct {
	*cluster
	topic, anomaliesTopic, index string
	engine                       string // the component's name
	kafka                        *kafka.Client
	http                         *http.Client // of Elasticsearch
	url                          string
}

func connectPipeline(t *testing.T) pipeline {
	t.Helper()
	return connect(t).pipeline(t)
}

func (c *cluster) pipeline(t *testing.T) pipeline {
	t.Helper()
	values, err := c.Helm().Values()
	require.NoError(t, err)
	content, err := json.Marshal(values)
	require.NoError(t, err)
	var v struct {
		Global  struct{ Topic, AnomaliesTopic, Index string }
		Indexer struct{ Enabled bool }
	}
	require.NoError(t, json.Unmarshal(content, &v))
	p := pipeline{cluster: c, topic: v.Global.Topic, anomaliesTopic: v.Global.AnomaliesTopic, index: v.Global.Index, engine: "logstash", kafka: c.Kafka(t)}
	if v.Indexer.Enabled {
		p.engine = "indexer"
	}
	p.http, p.url = c.Access(t).Elasticsearch(time.Minute)
	return p
}

func (p pipeline) hasIndexer() bool { return p.engine == "indexer" }

func (p pipeline) group() string { return "sluice-" + p.engine }

// indexerOnly skips what Logstash does otherwise, or in minutes.
func (p pipeline) indexerOnly(t *testing.T, why string) {
	t.Helper()
	if !p.hasIndexer() {
		t.Skip("with Logstash: " + why)
	}
}

// metric is one of the indexer's, the sum over its pods.
func (p pipeline) metric(t *testing.T, name string) float64 {
	t.Helper()
	all, err := p.Metrics(t.Context(), p.engine, 8080)
	require.NoError(t, err)
	return all[name]
}

// event is one with that id.
func event(id string, at time.Time) []byte {
	run, _, _ := strings.Cut(id, "/")
	return fmt.Appendf(nil, `{"@timestamp":%q,"event":{"id":%q},"service":{"name":"e2e"},"labels":{"run_id":%q},"message":"of a test"}`,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), id, run)
}

// send puts records into partition 0 and returns the offset of the first.
func (p pipeline) send(t *testing.T, topic string, values ...[]byte) int64 {
	t.Helper()
	offset, err := p.sendTo(t.Context(), topic, 0, values...)
	require.NoError(t, err, "%d records for %s, the first of %d bytes", len(values), topic, len(values[0]))
	return offset
}

func (p pipeline) sendTo(ctx context.Context, topic string, partition int, values ...[]byte) (offset int64, err error) {
	var records []kafka.Record
	for _, value := range values {
		records = append(records, kafka.Record{Value: kafka.NewBytes(value)})
	}
	return p.produce(ctx, topic, partition, records...)
}

func (p pipeline) produce(ctx context.Context, topic string, partition int, records ...kafka.Record) (offset int64, err error) {
	answer, err := p.kafka.Produce(ctx, &kafka.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err != nil {
		return 0, err
	}
	return answer.BaseOffset, answer.Error
}

// readAll waits until nothing is added to the topic and the engine has nothing left to read of it.
func (p pipeline) readAll(t *testing.T) (ends map[int]int64) {
	t.Helper()
	require.EventuallyWithT(t, func(e *assert.CollectT) {
		before := ends
		var err error
		_, ends, err = verify.Bounds(t.Context(), p.kafka, p.topic)
		require.NoError(e, err)
		require.Equal(e, before, ends, "the ends of the partitions, a second ago and now")
		lag, err := live.Lag(t.Context(), p.kafka, p.topic, p.group(), ends)
		require.NoError(e, err)
		require.Empty(e, lag, "records to read of each partition")
	}, 3*time.Minute, time.Second)
	return ends
}

// elastic does one request; answer may be nil.
func (p pipeline) elastic(ctx context.Context, method, path, body string, answer any) error {
	return verify.Fetch(ctx, p.http, method, p.url+"/"+path, strings.NewReader(body), answer)
}

type found struct {
	Index  string          `json:"_index"`
	ID     string          `json:"_id"`
	Source json.RawMessage `json:"_source"`
}

// await returns the documents with these ids as soon as there is one of each; what is missing at the end is missing.
func (p pipeline) await(t *testing.T, ids []string, most time.Duration) map[string][]found {
	t.Helper()
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var documents map[string][]found
	for deadline := time.Now().Add(most); ; time.Sleep(time.Second) {
		var err error
		if documents, err = p.find(t.Context(), ids); err == nil && len(documents) == len(ids) {
			return documents
		}
		if time.Now().After(deadline) {
			require.NoError(t, err)
			t.Logf("%d of %d ids were found in %s* within %s", len(documents), len(ids), p.index, most)
			return documents
		}
	}
}

// awaitOne demands that there is just one document of each id.
func (p pipeline) awaitOne(t *testing.T, ids []string, most time.Duration) map[string][]found {
	t.Helper()
	documents := p.await(t, ids, most)
	require.ElementsMatch(t, ids, slices.Collect(maps.Keys(documents)), "ids that have documents")
	for id, of := range documents {
		require.Len(t, of, 1, "documents of %s", id)
	}
	return documents
}

// find looks into every index whose name begins with that of the alias.
func (p pipeline) find(ctx context.Context, ids []string) (map[string][]found, error) {
	query, err := json.Marshal(map[string]any{"size": 10_000, "query": map[string]any{"ids": map[string]any{"values": ids}}})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Hits struct{ Hits []found }
	}
	if err := p.elastic(ctx, http.MethodPost, p.index+"*/_refresh?ignore_unavailable=true", "", nil); err != nil {
		return nil, err
	}
	if err := p.elastic(ctx, http.MethodPost, p.index+"*/_search?ignore_unavailable=true&allow_partial_search_results=false", string(query), &answer); err != nil {
		return nil, err
	}
	documents := map[string][]found{}
	for _, document := range answer.Hits.Hits {
		documents[document.ID] = append(documents[document.ID], document)
	}
	return documents, nil
}
