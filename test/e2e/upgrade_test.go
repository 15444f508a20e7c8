//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart/loader"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/rebalance"
	helm "sluice/internal/release"
	"sluice/internal/state"
	"sluice/internal/verify"
	"sluice/test/live"
)

// TestUpgradeAndScale takes a small release of its own from the chart before this one to this one, to two brokers and
// back to one, and back to the chart before. After each step what was indexed and what Kafka holds is still there, and
// new events flow. The chart before has a Collector, of which there is no image any more: what it has done, and what it has left
// in Kafka, is made by the test. The release of the tests before stays without Spark, and makes no events meanwhile: it would
// take more of the machine than this one.
func TestUpgradeAndScale(t *testing.T) {
	c := connect(t)
	require.NoError(t, c.Helm().Change(t.Context(), "../../charts/sluice", []string{"spark.enabled=false"}))
	c.Scale(t.Context(), t, "log-generator", 0)
	t.Cleanup(func() { c.Scale(context.Background(), t, "log-generator", 1) })
	root, err := state.Repository()
	require.NoError(t, err)
	const events = 1_000
	r := smallRelease{helm.Release{Kubeconfig: c.Kubeconfig, Namespace: "sluice-upgrade", Name: "upgrade"}, c}
	require.NoError(t, r.EnsureNamespace(t.Context(), c.Client))
	t.Cleanup(func() {
		assert.NoError(t, c.CoreV1().Namespaces().Delete(context.Background(), r.Namespace, metav1.DeleteOptions{}))
	})
	began := time.Now()
	r.apply(t, filepath.Join(root, "test/testdata/sluice-0.2.0.tgz"), []string{"testdata/values-upgrade-0.2.0.yaml"})
	r.wait(t)
	r.carryHalf(t, events)
	t.Logf("installed in %.0f s", time.Since(began).Seconds())

	total := events
	for _, step := range []struct {
		name string
		do   func(*testing.T)
	}{
		{"upgraded", func(t *testing.T) {
			r.apply(t, filepath.Join(root, "charts/sluice"), nil, "indexer.enabled=true")
			r.wait(t)
			// What the Collector has left is carried, and what it has carried is not doubled.
			require.Eventually(t, func() bool { return r.indexed(t) >= total }, 2*time.Minute, time.Second, "events of the version before")
			metrics, err := r.live().Metrics(t.Context(), "indexer", 8080)
			require.NoError(t, err)
			require.GreaterOrEqual(t, metrics["indexer_documents_duplicate_total"], float64(events/2), "what the Collector had carried")
		}},
		{"scaled out and in", r.scale},
	} {
		began := time.Now()
		step.do(t)
		r.wait(t)
		require.Equal(t, total, r.indexed(t), "events of the steps before, when it was %s", step.name)
		report, err := verify.Run(t.Context(), verify.Options{
			Kubeconfig: r.Kubeconfig, Namespace: r.Namespace, Release: r.Name, Count: events, Rate: events, Timeout: 3 * time.Minute,
		})
		var text bytes.Buffer
		require.NoError(t, report.Print(&text))
		require.NoError(t, err, text.String())
		total += events
		require.Equal(t, total, r.inKafka(t), "records in the topic, when it was %s", step.name)
		t.Logf("%s, ready and counted in %.0f s", step.name, time.Since(began).Seconds())
	}

	began = time.Now()
	require.NoError(t, r.Rollback(1))
	r.wait(t)
	require.Equal(t, total, r.indexed(t), "events after the rollback")
	require.Equal(t, total, r.inKafka(t), "records in the topic after the rollback")
	t.Logf("rolled back in %.0f s", time.Since(began).Seconds())
}

// smallRelease has only what carries events.
type smallRelease struct {
	helm.Release
	*cluster
}

func (r smallRelease) kafka(t *testing.T) *kafka.Client {
	t.Helper()
	return r.live().Kafka(t)
}

func (r smallRelease) live() live.Release {
	return live.Release{Client: r.Client, Kubeconfig: r.Kubeconfig, Namespace: r.Namespace, Name: r.Name}
}

// apply installs or upgrades. The images of ours are this version's either way: the cluster has no others.
func (r smallRelease) apply(t *testing.T, chart string, files []string, set ...string) {
	t.Helper()
	current, err := loader.Load("../../charts/sluice")
	require.NoError(t, err)
	version := current.Metadata.Version
	require.NoError(t, r.Apply(t.Context(), chart, append([]string{"testdata/values-upgrade.yaml"}, files...),
		append([]string{"generators.image.tag=" + version, "kafka.exporter.image.tag=" + version}, set...)))
}

// carryHalf puts events into the topic, and the first half of them into Elasticsearch as the Collector did.
func (r smallRelease) carryHalf(t *testing.T, events int) {
	t.Helper()
	var records []kafka.Record
	var bulk bytes.Buffer
	now := time.Now().UTC()
	for i := range events {
		event := fmt.Appendf(nil, `{"@timestamp":%q,"event":{"id":"before-%d","sequence":%[2]d},"service":{"name":"before"},"message":"of the version before"}`,
			now.Format("2006-01-02T15:04:05.000Z"), i)
		records = append(records, kafka.Record{Value: kafka.NewBytes(event)})
		if i < events/2 {
			fmt.Fprintf(&bulk, `{"index":{"_index":"upgrade-index-%s","_id":"before-%d"}}`+"\n%s\n", now.Format("2006.01.02"), i, event)
		}
	}
	answer, err := r.kafka(t).Produce(t.Context(), &kafka.ProduceRequest{
		Topic: "upgrade-topic", Partition: 0, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	require.NoError(t, err)
	require.NoError(t, answer.Error)
	response, err := r.elasticsearch().Post("http://elasticsearch/_bulk?refresh=true", "application/x-ndjson", &bulk)
	require.NoError(t, err)
	defer response.Body.Close()
	var result struct{ Errors bool }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&result))
	require.False(t, result.Errors)
	require.Equal(t, events/2, r.indexed(t))
}

func (r smallRelease) elasticsearch() *http.Client {
	return r.HTTP(r.Namespace, r.Name+"-elasticsearch", 9200, 10*time.Second)
}

func (r smallRelease) wait(t *testing.T) {
	t.Helper()
	require.NoError(t, r.Wait(t.Context(), r.Client, func(string, ...any) {}))
}

// scale goes the way of docs/scaling.md to a second broker and back.
func (r smallRelease) scale(t *testing.T) {
	brokers := func(n int) int {
		moved, err := rebalance.Run(t.Context(), r.kafka(t), n, t.Logf)
		require.NoError(t, err)
		require.NoError(t, rebalance.Remember(t.Context(), r.Client, r.Namespace, r.Name, n))
		return moved
	}
	held := r.inKafka(t)
	require.NoError(t, r.Change(t.Context(), "../../charts/sluice", []string{"kafka.replicas=2"}))
	r.wait(t)
	out := brokers(2)
	require.Positive(t, out, "partitions moved to the new broker")
	require.Equal(t, held, r.inKafka(t))
	require.Equal(t, out, brokers(1), "partitions moved back from it")
	require.NoError(t, r.Change(t.Context(), "../../charts/sluice", []string{"kafka.replicas=1"}))
	r.wait(t)
	t.Logf("%d partitions moved there and back", out)
}

// indexed is how many documents the release's index has.
func (r smallRelease) indexed(t *testing.T) int {
	t.Helper()
	response, err := r.elasticsearch().Get("http://elasticsearch/upgrade-index/_count")
	require.NoError(t, err)
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return 0 // nothing was indexed yet
	}
	var answer struct{ Count int }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	return answer.Count
}

// inKafka is how many records the release's topic has.
func (r smallRelease) inKafka(t *testing.T) int {
	t.Helper()
	firsts, ends, err := verify.Bounds(t.Context(), r.kafka(t), "upgrade-topic")
	require.NoError(t, err)
	records := int64(0)
	for partition, end := range ends {
		records += end - firsts[partition]
	}
	return int(records)
}
