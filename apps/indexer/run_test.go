package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/internal/cli"
)

// elasticsearch keeps the documents of bulk requests by their _id.
type elasticsearch struct {
	mu        sync.Mutex
	documents map[string]string
}

func (e *elasticsearch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path != "/_bulk" {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	lines := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	for i := 0; i+1 < len(lines); i += 2 {
		var action struct {
			Create struct {
				Index string `json:"_index"`
				ID    string `json:"_id"`
			} `json:"create"`
		}
		if err := json.Unmarshal(lines[i], &action); err != nil || !json.Valid(lines[i+1]) {
			http.Error(w, "no JSON", http.StatusBadRequest)
			return
		}
		e.documents[action.Create.Index+"/"+action.Create.ID] = string(lines[i+1])
	}
	_, _ = w.Write([]byte(`{"errors":false,"items":[]}`))
}

func (e *elasticsearch) get(key string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.documents[key]
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func get(url string) (int, string) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

func writeConfig(t *testing.T, brokers []string, url, listen, timeout string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "indexer.yaml")
	text := fmt.Sprintf(`kafka:
  brokers: [%s]
  group: sluice-indexer
  topics:
    logs-topic: {index: logs-index}
    log-anomalies: {index: logs-index-anomalies, anomalies: true}
elasticsearch: {urls: [%q], template: logs-index}
retentionDays: 3
deadLetterIndex: logs-index-dead-letter
listen: %q
startTimeout: %s
`, strings.Join(brokers, ", "), url, listen, timeout)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// From the file to the document, within two seconds.
func TestRun(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "logs-topic", "log-anomalies"))
	require.NoError(t, err)
	defer cluster.Close()
	es := &elasticsearch{documents: map[string]string{}}
	server := httptest.NewServer(es)
	defer server.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	require.NoError(t, err)
	defer client.Close()
	now := time.Now().UTC()
	day := now.Format("2006.01.02")
	stamp := now.Format("2006-01-02T15:04:05.000Z")
	for _, r := range []*kgo.Record{
		{Topic: "logs-topic", Value: fmt.Appendf(nil, `{"@timestamp":%q,"event":{"id":"a"},"service":{"name":"s"},"log":{"level":"WARNING"},"n":1.10}`, stamp)},
		{Topic: "log-anomalies", Value: fmt.Appendf(nil, `{"@timestamp":%q,"event":{"id":"b"},"service":{"name":"s"}}`, stamp)},
		{Topic: "logs-topic", Value: []byte("no JSON")},
	} {
		require.NoError(t, client.ProduceSync(t.Context(), r).FirstErr())
	}

	listen := freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var log bytes.Buffer
	ended := make(chan error, 1)
	began := time.Now()
	go func() {
		ended <- runCommand(ctx, []string{"--config", writeConfig(t, cluster.ListenAddrs(), server.URL, listen, "1m")}, noEnv, io.Discard, &log)
	}()
	require.Eventually(t, func() bool {
		return es.get("logs-index-anomalies-"+day+"/b") != "" && es.get("logs-index-"+day+"/a") != ""
	}, 10*time.Second, 5*time.Millisecond)
	require.Less(t, time.Since(began), 2*time.Second, "started and reading")
	require.Contains(t, es.get("logs-index-"+day+"/a"), `"n":1.10`)
	require.Contains(t, es.get("logs-index-"+day+"/a"), `"level":"warn"`)
	require.Eventually(t, func() bool { status, _ := get("http://" + listen + "/readyz"); return status == 200 }, 5*time.Second, 10*time.Millisecond)
	status, _ := get("http://" + listen + "/healthz")
	require.Equal(t, 200, status)
	require.Eventually(t, func() bool {
		_, text := get("http://" + listen + "/metrics")
		return strings.Contains(text, `indexer_dead_letters_total{reason="not_json"} 1`)
	}, 5*time.Second, 10*time.Millisecond)
	_, text := get("http://" + listen + "/metrics")
	for _, series := range []string{
		`indexer_records_read_total{topic="log-anomalies"} 1`, `indexer_records_read_total{topic="logs-topic"} 2`,
		`indexer_documents_indexed_total 2`, `indexer_documents_duplicate_total 0`, `indexer_dead_letters_total{reason="too_large"} 0`,
		`indexer_bulk_requests_total{status="200"} `, `indexer_bulk_bytes_total `, `indexer_in_flight_bytes `, `indexer_rebalances_total 1`,
		`indexer_offset_resets_total{topic="logs-topic"} 0`, `indexer_lag_records{partition="0",topic="logs-topic"} `,
		`indexer_delivery_seconds_count 2`, `indexer_build_info{`, `go_goroutines `,
	} {
		require.Contains(t, text, series)
	}
	cancel()
	require.NoError(t, <-ended)
	for line := range strings.SplitSeq(strings.TrimSpace(log.String()), "\n") {
		require.True(t, json.Valid([]byte(line)), line)
	}
}

func TestRunSaysWhatToSet(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "logs-topic"))
	require.NoError(t, err)
	defer cluster.Close()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	brokers := cluster.ListenAddrs()
	for want, args := range map[string][]string{
		"--config is empty: set it":              nil,
		"cannot read the configuration: open /n": {"--config=/nowhere"},
		"flag provided but not defined: -x":      {"--x"},
		"set listen to a free host:port":         {"--config", writeConfig(t, brokers, "http://127.0.0.1:1", taken.Addr().String(), "1m")},
		`there is no topic "log-anomalies"`:      {"--config", writeConfig(t, brokers, "http://127.0.0.1:1", freeAddress(t), "100ms")},
		"kafka.brokers: 127.0.0.1:1 can't be":    {"--config", writeConfig(t, []string{"127.0.0.1:1"}, "http://127.0.0.1:1", freeAddress(t), "100ms")},
	} {
		var stderr bytes.Buffer
		require.Equal(t, cli.ExitMisuse, run(append([]string{"run"}, args...), noEnv, nil, io.Discard, &stderr))
		require.Contains(t, stderr.String(), want)
		require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
	}
}
