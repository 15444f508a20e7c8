package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeEngine answers requests with what a test says, and keeps them.
type fakeEngine struct {
	*httptest.Server
	requests []string // method and path, and the query if there is one
}

// newFakeEngine takes what to answer: a status and a body for the n-th request, counted from 0.
func newFakeEngine(t *testing.T, answer func(n int, request string) (int, string)) *fakeEngine {
	f := &fakeEngine{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := r.Method + " " + r.URL.RequestURI()
		status, body := answer(len(f.requests), request)
		f.requests = append(f.requests, request)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(f.Close)
	return f
}

// puts are the paths of the PUT requests.
func (f *fakeEngine) puts() []string {
	var paths []string
	for _, request := range f.requests {
		if path, ok := strings.CutPrefix(request, "PUT /"); ok {
			paths = append(paths, path)
		}
	}
	return paths
}

// templates are all that the setup Job puts; the last one is what the engines wait for.
var templates = []string{
	"_component_template/logs-shared", "_component_template/logs-logs", "_component_template/logs-anomalies",
	"_index_template/logs-dead-letter", "_index_template/logs-anomalies-undated", "_index_template/logs-anomalies",
	"_index_template/logs-undated", "_index_template/logs",
}

func TestElasticsearchSetup(t *testing.T) {
	const (
		busy    = http.StatusServiceUnavailable
		noILM   = `{"error":"no handler found for uri [/_ilm/policy/logs] and method [PUT]"}`
		anIndex = `{"indices":[{"name":"logs","attributes":["open"]}],"aliases":[],"data_streams":[]}`
		anAlias = `{"indices":[],"aliases":[{"name":"logs","indices":["logs-2026.11.25"]}],"data_streams":[]}`
	)
	type answers map[string][]any // by the request's beginning: status, body, status, body …; the last ones from then on
	for name, test := range map[string]struct {
		mode    string
		answers answers
		timeout string
		fails   string
		puts    []string
	}{
		"at once":           {"cronjob", nil, "20", "", templates},
		"again, with data":  {"cronjob", answers{"GET /_resolve": {200, anAlias}}, "20", "", templates},
		"lifecycle":         {"ilm", nil, "20", "", append([]string{"_ilm/policy/logs"}, templates...)},
		"no lifecycle here": {"ilm", answers{"PUT /_ilm": {400, noILM}}, "20", "error: this Elasticsearch has no index lifecycle management: set elasticsearch.retention.mode to cronjob (or none)", []string{"_ilm/policy/logs"}},
		"after a while":     {"none", answers{"GET /_resolve/index/logs-anomalies": {busy, "", 404, ""}, "PUT /_component_template/logs-shared": {busy, "", 429, "", 200, ""}}, "20", "", append([]string{templates[0], templates[0]}, templates...)},
		"refused":           {"none", answers{"PUT /_component_template/logs-logs": {400, ""}}, "20", "error: Elasticsearch refuses _component_template/logs-logs, see its answer above", templates[:2]},
		"last one refused":  {"none", answers{"PUT /_index_template/logs ": {400, ""}}, "20", "error: Elasticsearch refuses _index_template/logs, see its answer above", templates},
		"the alias's name":  {"none", answers{"GET /_resolve/index/logs ": {200, anIndex}}, "20", "error: logs is an index, and would have to be an alias: delete it", nil},
		"never answers":     {"none", answers{"GET /_resolve": {busy, ""}}, "0", "error: no answer about logs within 0 s. LOOK HERE", nil},
		"never accepts":     {"none", answers{"PUT /": {busy, ""}}, "0", "error: _component_template/logs-shared was not accepted within 0 s. LOOK HERE", templates[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := newFakeEngine(t, func(_ int, request string) (int, string) {
				for start, answer := range test.answers {
					if strings.HasPrefix(request+" ", start) {
						if len(answer) > 2 {
							test.answers[start] = answer[2:]
						}
						return answer[0].(int), answer[1].(string)
					}
				}
				if strings.HasPrefix(request, "GET /_resolve") {
					return 404, ""
				}
				return 200, `{"acknowledged":true}`
			})
			folder := t.TempDir()
			for _, file := range setupFiles(t) {
				require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte("{}"), 0o600))
			}
			output, err := script(t, "elasticsearch/files/setup/setup.sh", folder,
				"ELASTICSEARCH_URL="+engine.URL, "INDEX=logs", "RETENTION_MODE="+test.mode, "TIMEOUT_SECONDS="+test.timeout)
			checkScript(t, test.fails, output, err)
			assert.Equal(t, test.puts, engine.puts())
		})
	}
}

func TestElasticsearchRetention(t *testing.T) {
	day := func(daysAgo int) string { return time.Now().UTC().AddDate(0, 0, -daysAgo).Format("2006.01.02") }
	created := func(daysAgo int) int64 { return time.Now().AddDate(0, 0, -daysAgo).UnixMilli() }
	indices := func(lines ...string) string {
		text := ""
		for _, line := range lines {
			if !strings.Contains(line, " ") {
				line += fmt.Sprint(" ", created(0)) // replayed today
			}
			text += line + "\n"
		}
		return text
	}
	for name, test := range map[string]struct {
		status  int
		body    string
		deletes []string
		answer  int // to a DELETE
		fails   string
		says    string
	}{
		"nothing yet":    {200, "", nil, 200, "", "0 indices deleted"},
		"old days":       {200, indices("logs-"+day(4), "logs-anomalies-"+day(40), "logs-2001.01.01"), []string{"logs-" + day(4), "logs-anomalies-" + day(40), "logs-2001.01.01"}, 200, "", "3 indices deleted"},
		"the newest":     {200, indices("logs-"+day(3), "logs-anomalies-"+day(3), "logs-"+day(0), "logs-"+day(-1)), nil, 200, "", "0 indices deleted"},
		"without a date": {200, indices(fmt.Sprint("logs-undated ", created(5)), fmt.Sprint("logs-anomalies-undated ", created(1))), []string{"logs-undated"}, 200, "", "deleted logs-undated"},
		"others": {200, indices("logs-dead-letter", "logs", "logs-x-2001.01.01", "logs-2001.01.01-x", "logs-2001-01-01", "logs-2001x01x01", "logs-anomalies2-2001.01.01",
			"xlogs-2001.01.01", "logs2-2001.01.01", "logs-20010.01.01", fmt.Sprint("logs-undated-2 ", created(50)), fmt.Sprint("logs-dead-letter ", created(50))), nil, 200, "", "0 indices deleted"},
		"gone meanwhile": {200, indices("logs-2001.01.01"), []string{"logs-2001.01.01"}, 404, "", "logs-2001.01.01 is gone already"},
		"can't delete":   {200, indices("logs-2001.01.01", "logs-2001.01.02"), []string{"logs-2001.01.01", "logs-2001.01.02"}, 403, "error: logs-2001.01.02 was not deleted", ""},
		"can't list":     {503, "no master", nil, 200, "error: Elasticsearch does not list its indices: no master\n503. LOOK HERE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := newFakeEngine(t, func(_ int, request string) (int, string) {
				if strings.HasPrefix(request, "GET /_cat/indices/logs-*?") {
					return test.status, test.body
				}
				return test.answer, "{}"
			})
			output, err := script(t, "elasticsearch/files/retention/delete-old.sh", "",
				"ELASTICSEARCH_URL="+engine.URL, "INDEX=logs", "RETENTION_DAYS=3")
			checkScript(t, test.fails, output, err)
			assert.Contains(t, output, test.says)
			var deletes []string
			for _, request := range engine.requests[1:] {
				deletes = append(deletes, strings.TrimPrefix(request, "DELETE /"))
			}
			assert.Equal(t, test.deletes, deletes)
		})
	}
}

// The pod of `helm test` says no when a document is not found, or an index would not get its alias.
func TestElasticsearchHelmTest(t *testing.T) {
	const hit = `{"hits":{"hits":[{"_source":{"message": "helm test"}}]}}`
	simulate := func(request string) string {
		name := strings.TrimPrefix(request, "POST /_index_template/_simulate_index/")
		alias := strings.TrimSuffix(strings.TrimSuffix(name, "-undated"), "-2000.01.01")
		return fmt.Sprintf(`{"template":{"aliases":{"%s":{}}}}`, alias)
	}
	for name, test := range map[string]struct {
		fail  string // the request that is not answered as it should be
		body  string
		fails string
	}{
		"works":         {"none", "", ""},
		"not found":     {"_search", `{"hits":{"hits":[]}}`, "error: the document is not found"},
		"no template":   {"_simulate_index/logs-2000", `{"template":{"aliases":{}}}`, "error: logs-2000.01.01 would not have the alias logs"},
		"other pattern": {"_simulate_index/logs-anomalies-undated", `{"template":{"aliases":{"logs":{}}}}`, "error: logs-anomalies-undated would not have the alias logs-anomalies"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := newFakeEngine(t, func(_ int, request string) (int, string) {
				switch {
				case strings.Contains(request, test.fail):
					return 200, test.body
				case strings.Contains(request, "_search"):
					return 200, hit
				case strings.Contains(request, "_simulate_index"):
					return 200, simulate(request)
				}
				return 200, "{}"
			})
			output, err := script(t, "elasticsearch/files/test/test.sh", "", "ELASTICSEARCH_URL="+engine.URL, "INDEX=logs")
			checkScript(t, test.fails, output, err)
			assert.True(t, strings.HasPrefix(engine.requests[len(engine.requests)-1], "DELETE /logs-test-"), "its own index is left behind: %s", engine.requests)
		})
	}
}

// setupFiles are the names of what the setup Job mounts.
func setupFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, chart := range charts(t) {
		if chart.name == "elasticsearch" {
			files, err := filepath.Glob(filepath.Join(chart.dir, "files", "setup", "*.json"))
			require.NoError(t, err)
			for _, file := range files {
				names = append(names, filepath.Base(file))
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}
