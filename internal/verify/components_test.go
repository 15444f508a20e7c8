package verify

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestComponentsSayHowTheyAre(t *testing.T) {
	for title, test := range map[string]struct {
		component, answer string
		detail, problem   string // one of them
	}{
		"elasticsearch":            {"elasticsearch", `{"status":"yellow","number_of_nodes":1,"active_primary_shards":4}`, "yellow, 1 nodes, 4 shards", ""},
		"elasticsearch is red":     {"elasticsearch", `{"status":"red"}`, "", `the cluster is "red"`},
		"kibana":                   {"kibana", `{"status":{"overall":{"level":"available","summary":"All services are available"}}}`, "All services are available", ""},
		"kibana to a stranger":     {"kibana", `{"status":{"overall":{"level":"available"}}}`, "available", ""},
		"kibana starts":            {"kibana", `{"status":{"overall":{"level":"degraded","summary":"2 wait"}}}`, "", `it is "degraded": 2 wait`},
		"rules":                    {"prometheus", `{"data":{"groups":[{"rules":[{"name":"a","health":"ok"},{"name":"b","health":"ok"}]}]}}`, "all 2 rules are evaluated", ""},
		"a broken rule":            {"prometheus", `{"data":{"groups":[{"rules":[{"name":"a","health":"err","lastError":"many-to-many"}]}]}}`, "", "rule a is err many-to-many"},
		"no rules":                 {"prometheus", `{"data":{"groups":[]}}`, "", "it has no rules"},
		"no alerts":                {"alertmanager", `[]`, "answers, no alert", ""},
		"alerts":                   {"alertmanager", `[{"labels":{"alertname":"B"}},{"labels":{"alertname":"A"}},{"labels":{"alertname":"B"}}]`, "answers; alerts: A, B", ""},
		"grafana":                  {"grafana", `{"database":"ok","version":"12"}`, "version 12", ""},
		"grafana's database":       {"grafana", `{"database":"failing"}`, "", `its database is "failing"`},
		"spark":                    {"spark-master", `{"status":"ALIVE","aliveworkers":2,"activeapps":[{"name":"log-analytics","state":"RUNNING"}]}`, "2 workers run log-analytics", ""},
		"spark has no worker":      {"spark-master", `{"status":"ALIVE","aliveworkers":0}`, "", "the master has no worker"},
		"spark has no job":         {"spark-master", `{"status":"ALIVE","aliveworkers":1,"activeapps":[]}`, "", "the streaming job does not run"},
		"spark has too few cores":  {"spark-master", `{"status":"ALIVE","aliveworkers":1,"activeapps":[{"name":"a","state":"WAITING"}]}`, "", "the streaming job is WAITING: it waits for cores of a worker"},
		"spark's master recovers":  {"spark-master", `{"status":"RECOVERING","aliveworkers":1}`, "", `the master is "RECOVERING"`},
		"spark's history":          {"spark-history-server", `[{"id":"app-1"}]`, "knows 1 applications", ""},
		"something else answers":   {"grafana", `<html>`, "", "invalid character '<'"},
		"nothing that is expected": {"elasticsearch", `{}`, "", `the cluster is ""`},
	} {
		t.Run(title, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(test.answer)) }))
			defer server.Close()
			r := &run{
				deployed: deployed{components: []string{test.component}}, interval: time.Millisecond, patience: 10 * time.Millisecond,
				service: func(string, int) (*http.Client, string) { return server.Client(), server.URL },
			}
			checks := r.checkComponents(t.Context())
			require.Len(t, checks, len(components))
			for _, check := range checks {
				switch {
				case check.Name != test.component:
					assert.Equal(t, Skipped, check.Result)
				case test.problem == "":
					assert.Equal(t, ok(check.Name, "%s", test.detail), check)
				default:
					assert.Equal(t, Failed, check.Result)
					assert.Contains(t, check.Detail, test.problem)
					assert.Contains(t, check.Hint, "app.kubernetes.io/name="+test.component)
				}
			}
		})
	}
}

func isComponent(name string) bool {
	return slices.ContainsFunc(components, func(c component) bool { return c.name == name })
}
