package deliver

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What Elasticsearch refuses for ever becomes a dead letter, what it refuses now is sent again, and neither holds up a neighbour.
func TestDocumentsThatAreRefused(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster)
	var open atomic.Bool // the index can be written to again
	es.item = func(index, id, _ string) (int, string) {
		switch {
		case index == "dead":
		case strings.HasPrefix(id, "bad"):
			return 400, `{"type":"document_parsing_exception","reason":"failed to parse field [a]","caused_by":{"type":"illegal_argument_exception","reason":"no number"}}`
		case open.Load():
		case strings.HasPrefix(id, "readonly"):
			return 403, `{"type":"cluster_block_exception","reason":"index read-only / allow delete"}`
		case strings.HasPrefix(id, "shards"):
			return 400, `{"type":"validation_exception","reason":"this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open"}`
		case strings.HasPrefix(id, "busy"):
			return 429, `{"type":"es_rejected_execution_exception","reason":"rejected"}`
		}
		return 0, ""
	}
	produceText(t, client, "good-1", "bad-1", "good-2", "readonly-1", "shards-1", "busy-1", "")
	produce(t, client, 1000)
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return es.has("logs") == 1002 && es.has("dead") == 2 }, "neighbours and dead letters")
	require.JSONEq(t, `{"reason":"document_parsing_exception: failed to parse field [a]: illegal_argument_exception: no number","bytes":5,"offset":1}`, es.get("dead/bad-1"))
	// The offset is not beyond the first that is not kept.
	time.Sleep(2 * commitInterval)
	require.GreaterOrEqual(t, lag(t, client), int64(1004))
	open.Store(true)
	eventually(t, func() bool { return es.has("logs") == 1005 && lag(t, client) == 0 }, "the rest")
	m.stop(t)
	require.Zero(t, es.doubled)
	require.EqualValues(t, 1, m.metric(t, "indexer_dead_letters_total", Refused))
	require.EqualValues(t, 1, m.metric(t, "indexer_dead_letters_total", "empty"))
	require.EqualValues(t, 1005, m.metric(t, "indexer_documents_indexed_total", ""))
	require.Positive(t, m.metric(t, "indexer_documents_retried_total", "429"))
	require.Positive(t, m.metric(t, "indexer_documents_retried_total", "403"))
}

// Requests that fail as a whole are sent again until they don't.
func TestRequestsThatFail(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(w http.ResponseWriter) bool{
		"401":       func(w http.ResponseWriter) bool { return answer(w, 401, "who are you?") },
		"404":       func(w http.ResponseWriter) bool { return answer(w, 404, "a proxy's page") },
		"429":       func(w http.ResponseWriter) bool { return answer(w, 429, "circuit_breaking_exception") },
		"503":       func(w http.ResponseWriter) bool { return answer(w, 503, "no master") },
		"redirect":  func(w http.ResponseWriter) bool { return answer(w, 302, "") },
		"reset":     func(http.ResponseWriter) bool { panic(http.ErrAbortHandler) },
		"half":      func(w http.ResponseWriter) bool { return answer(w, 200, `{"errors":true,"items":[{"create":{"sta`) },
		"too short": func(w http.ResponseWriter) bool { return answer(w, 200, `{"errors":true,"items":[]}`) },
		"empty":     func(w http.ResponseWriter) bool { return answer(w, 200, ``) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, es := newCluster(t, 2), newElastic(t)
			client := newClient(t, cluster)
			es.request = func(w http.ResponseWriter, number int, _ []byte) bool { return number <= 3 && fail(w) }
			produce(t, client, 300)
			m := startMember(t, cluster, []string{es.URL})
			eventually(t, func() bool { return es.count() == 300 && lag(t, client) == 0 }, "documents")
			m.stop(t)
			require.Zero(t, es.doubled)
			require.EqualValues(t, 300, m.metric(t, "indexer_documents_indexed_total", ""))
		})
	}
}

// The answer is lost after the documents are in: they come again and are duplicates, which is no error.
func TestAnswersThatAreLost(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster)
	texts := produce(t, client, 100)
	es.request = func(_ http.ResponseWriter, number int, _ []byte) bool {
		if number > 1 {
			return false
		}
		es.set(func() {
			for _, text := range texts {
				es.documents["logs/"+text] = ""
			}
		})
		panic(http.ErrAbortHandler)
	}
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	m.stop(t)
	require.EqualValues(t, 100, m.metric(t, "indexer_documents_duplicate_total", ""))
	require.Zero(t, m.metric(t, "indexer_dead_letters_total", ""))
}

// A request that is too large is halved; a record that is too large alone is cut.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster)
	const limit = 4000
	es.request = func(w http.ResponseWriter, _ int, body []byte) bool { return len(body) > limit && answer(w, 413, "") }
	produce(t, client, 500)
	produceText(t, client, "huge-1 "+strings.Repeat("x", 3*limit), "huge-2 "+strings.Repeat("ü", limit))
	produce(t, client, 500)
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return es.has("logs") == 1000 && es.has("dead") == 2 && lag(t, client) == 0 }, "documents")
	require.Contains(t, es.get("dead/huge-1"), "the record has 12007 bytes, which is more than Elasticsearch takes: these are the first 6003")
	m.stop(t)
	require.Zero(t, es.doubled)
	require.EqualValues(t, 2, m.metric(t, "indexer_dead_letters_total", TooLarge))
}

// A record that Elasticsearch can't read in its request does not take its neighbours with it.
func TestRequestThatCannotBeRead(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster)
	es.request = func(w http.ResponseWriter, _ int, body []byte) bool {
		return strings.Contains(string(body), `"text":"poison`) && answer(w, 400, `{"error":{"type":"x_content_parse_exception","reason":"odd"},"status":400}`)
	}
	produce(t, client, 100)
	produceText(t, client, "poison-1")
	produce(t, client, 100)
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return es.has("logs") == 200 && es.has("dead") == 1 && lag(t, client) == 0 }, "documents")
	require.Contains(t, es.get("dead/poison-1"), "Elasticsearch answers 400")
	m.stop(t)
}

// The dead letter is the last resort, so it is sent until it is taken. Other partitions go on.
func TestDeadLettersThatAreRefused(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 2), newElastic(t)
	client := newClient(t, cluster, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	var open atomic.Bool
	es.item = func(index, _, _ string) (int, string) {
		if index == "dead" && !open.Load() {
			return 400, `{"type":"mapper_parsing_exception","reason":"closed"}`
		}
		return 0, ""
	}
	for range 10 {
		require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Partition: 0}).FirstErr())
	}
	m := startMember(t, cluster, []string{es.URL})
	for i := range 50 {
		text := "fine-" + strings.Repeat("i", i+1)
		require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Partition: 1, Value: []byte(text)}).FirstErr())
		eventually(t, func() bool { return es.get("logs/"+text) != "" }, text)
	}
	eventually(t, func() bool { return lag(t, client) == 10 }, "the other partition")
	require.Contains(t, m.log.String(), "level=ERROR msg=\"Elasticsearch does not take a dead letter")
	require.Positive(t, m.metric(t, "indexer_documents_retried_total", "400"))
	open.Store(true)
	eventually(t, func() bool { return es.has("dead") == 10 && lag(t, client) == 0 }, "dead letters")
	m.stop(t)
}

func TestFailOver(t *testing.T) {
	t.Parallel()
	cluster, es, away := newCluster(t, 1), newElastic(t), newElastic(t)
	client := newClient(t, cluster)
	away.Close()
	sick := newElastic(t)
	sick.request = func(w http.ResponseWriter, _ int, _ []byte) bool { return answer(w, 503, "") }
	produce(t, client, 100)
	m := startMember(t, cluster, []string{away.URL, sick.URL, es.URL})
	eventually(t, func() bool { return es.count() == 100 && lag(t, client) == 0 }, "documents")
	m.stop(t)
}

// While Elasticsearch is away the bytes in flight stay bounded and the reading pauses.
func TestElasticsearchAway(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 4), newElastic(t)
	client := newClient(t, cluster)
	var back atomic.Bool
	es.request = func(w http.ResponseWriter, _ int, _ []byte) bool { return !back.Load() && answer(w, 503, "") }
	es.root = func(w http.ResponseWriter) bool { return es.request(w, 0, nil) }
	filler := strings.Repeat("x", 20_000)
	const records = 4000 // 80 MB
	all := make([]*kgo.Record, records)
	for i := range all {
		all[i] = kgo.StringRecord("large-" + strings.Repeat("0", i%7) + string(rune('a'+i%26)) + filler[:i])
	}
	require.NoError(t, client.ProduceSync(t.Context(), all...).FirstErr())
	m := startMember(t, cluster, []string{es.URL})
	most := 0.0
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		most = max(most, m.metric(t, "indexer_in_flight_bytes", ""))
	}
	require.Less(t, most, float64(m.p.budget.limit+1<<20))
	require.NoError(t, m.Healthy())
	require.Error(t, m.Ready())
	read := m.metric(t, "indexer_records_read_total", "")
	require.Less(t, read, float64(records))
	back.Store(true)
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	m.stop(t)
}
