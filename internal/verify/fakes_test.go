package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeElastic answers the few requests that verify sends, over documents in memory. A document's id is its
// index, a slash and its _id, which is event.id too.
type fakeElastic struct {
	mu          sync.Mutex
	documents   []document
	deadLetters []string // sources
	down        int      // requests to refuse
	status      int      // answer to everything, if set
	segments    string   // answer to _segments
	stats       string   // answer to _stats
	reads       int      // requests for documents
	onRefresh   func(*fakeElastic)
}

func (f *fakeElastic) add(documents ...document) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.documents = append(f.documents, documents...)
}

func (f *fakeElastic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.status != 0 {
		http.Error(w, `{"error":"no shard available"}`, f.status)
		return
	}
	if f.down > 0 {
		f.down--
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	var request struct {
		Query struct {
			Bool struct{ Filter []map[string]map[string]any }
		}
		SearchAfter []any `json:"search_after"`
		Sort        any
		Size        int
	}
	json.NewDecoder(r.Body).Decode(&request)
	switch r.URL.Path {
	case "/logs/_refresh":
		if f.onRefresh != nil {
			f.onRefresh(f)
		}
		fmt.Fprint(w, "{}")
	case "/logs/_segments":
		fmt.Fprint(w, f.segments)
	case "/logs/_stats/merge,indexing":
		fmt.Fprint(w, f.stats)
	case "/logs/_count":
		fmt.Fprintf(w, `{"count":%d}`, len(f.documents))
	case "/logs/_search":
		f.reads++
		if term := request.Query.Bool.Filter[0]["term"]["labels.run_id"]; term != "verify-test" {
			http.Error(w, fmt.Sprintf("run %v", term), http.StatusBadRequest)
			return
		}
		if by := fmt.Sprint(request.Sort); by != "[map[event.sequence:asc] map[event.id:asc] map[_index:asc]]" {
			http.Error(w, "sorted by "+by, http.StatusBadRequest)
			return
		}
		lowest := 0.0
		if len(request.Query.Bool.Filter) > 1 {
			lowest = request.Query.Bool.Filter[1]["range"]["event.sequence"].(map[string]any)["gte"].(float64)
		}
		f.search(w, int64(lowest), request.SearchAfter, request.Size)
	case "/logs-dead-letter/_count":
		fmt.Fprintf(w, `{"count":%d}`, len(f.deadLetters))
	case "/logs-dead-letter/_search":
		var hits []string
		for _, source := range slices.Backward(f.deadLetters) {
			hits = append(hits, fmt.Sprintf(`{"_id":"x","_source":%s}`, source))
		}
		fmt.Fprintf(w, `{"hits":{"hits":[%s]}}`, strings.Join(hits[:min(len(hits), request.Size)], ","))
	default:
		http.NotFound(w, r)
	}
}

func (f *fakeElastic) search(w http.ResponseWriter, lowest int64, after []any, size int) {
	sorted := slices.Clone(f.documents)
	less := func(a, b document) int {
		if a.sequence != b.sequence {
			return int(a.sequence - b.sequence)
		}
		indexA, idA, _ := strings.Cut(a.id, "/")
		indexB, idB, _ := strings.Cut(b.id, "/")
		return cmp.Or(strings.Compare(idA, idB), strings.Compare(indexA, indexB))
	}
	slices.SortFunc(sorted, less)
	var hits []string
	for _, d := range sorted {
		if d.sequence < lowest || len(hits) == size {
			continue
		}
		if after != nil && less(d, document{sequence: int64(after[0].(float64)), id: after[2].(string) + "/" + after[1].(string)}) <= 0 {
			continue
		}
		index, id, _ := strings.Cut(d.id, "/")
		hits = append(hits, fmt.Sprintf(`{"_index":%q,"_id":%q,"fields":{"event.sequence":[%d],"@timestamp":["%d"]},"sort":[%d,%q,%q]}`,
			index, id, d.sequence, d.at.UnixMilli(), d.sequence, id, index))
	}
	fmt.Fprintf(w, `{"hits":{"hits":[%s]}}`, strings.Join(hits, ","))
}

// fakePrometheus has one target for each job and a counter that moves by step at each read.
type fakePrometheus struct {
	mu      sync.Mutex
	health  map[string]string // by job
	counter float64
	step    float64
	empty   bool
	values  map[string]float64 // by query, beside the counter
}

func (f *fakePrometheus) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch r.URL.Path {
	case "/api/v1/targets":
		var targets []string
		for _, job := range slices.Sorted(maps.Keys(f.health)) {
			problem := ""
			if f.health[job] != "up" {
				problem = "connection refused"
			}
			targets = append(targets, fmt.Sprintf(`{"labels":{"job":%q},"scrapeUrl":"http://%s/metrics","health":%q,"lastError":%q}`, job, job, f.health[job], problem))
		}
		fmt.Fprintf(w, `{"status":"success","data":{"activeTargets":[%s]}}`, strings.Join(targets, ","))
	case "/api/v1/query":
		if f.empty {
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
			return
		}
		if value, ok := f.values[r.URL.Query().Get("query")]; ok {
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"%v"]}]}}`, value)
			return
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"%v"]}]}}`, f.counter)
		f.counter += f.step
	default:
		http.NotFound(w, r)
	}
}

// fakeTopic is Kafka's own account.
type fakeTopic struct {
	audited audit
	err     error
}

func (f *fakeTopic) mark(context.Context) error { return nil }

func (f *fakeTopic) audit(context.Context, string) (audit, error) { return f.audited, f.err }

// pipeline is a healthy release of fakes, for a test to break.
type pipeline struct {
	run        *run
	elastic    *fakeElastic
	prometheus *fakePrometheus
	topic      *fakeTopic
	generated  generated
}

const testCount = 100

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	jobs := []string{"zookeeper", "kafka", "elasticsearch", "indexer", "app-service", "log-generator", "prometheus"}
	p := &pipeline{
		elastic:    &fakeElastic{},
		prometheus: &fakePrometheus{health: map[string]string{}, counter: 10, step: 1},
		topic:      &fakeTopic{audited: audit{held: sequences(0, testCount), groups: map[string]*consumerGroup{"sluice-indexer": {read: sequences(0, testCount)}}}},
		generated:  generated{log: "last words", summary: summary{RunID: "verify-test", Sent: testCount, Acknowledged: testCount}},
	}
	for _, job := range jobs {
		p.prometheus.health[job] = "up"
	}
	elasticServer, prometheusServer := httptest.NewServer(p.elastic), httptest.NewServer(p.prometheus)
	t.Cleanup(elasticServer.Close)
	t.Cleanup(prometheusServer.Close)
	p.elastic.add(events(0, testCount)...)
	p.run = &run{
		Options:    Options{Kubeconfig: "kc", Namespace: "ns", Release: "rel", Count: testCount, Timeout: 300 * time.Millisecond},
		deployed:   deployed{topic: "logs-topic", index: "logs", engine: "indexer", jobs: jobs, prometheus: true, appService: true},
		runID:      "verify-test",
		generate:   func(context.Context, string) (generated, error) { return p.generated, nil },
		elastic:    &elastic{http: elasticServer.Client(), url: elasticServer.URL, index: "logs", runID: "verify-test"},
		prometheus: &prometheus{http: prometheusServer.Client(), url: prometheusServer.URL},
		topic:      p.topic,
		interval:   5 * time.Millisecond,
		patience:   100 * time.Millisecond,
	}
	return p
}

// events are those with the sequences from..to-1, made a second ago.
func events(from, to int64) []document {
	var documents []document
	for sequence := from; sequence < to; sequence++ {
		documents = append(documents, document{id: fmt.Sprintf("logs-2026.11.25/id-%06d", sequence), sequence: sequence, at: time.Now().Add(-time.Second)})
	}
	return documents
}

func sequences(from, to int64) map[int64]bool {
	set := map[int64]bool{}
	for ; from < to; from++ {
		set[from] = true
	}
	return set
}

var errKafkaAway = errors.New("kafka is away")
