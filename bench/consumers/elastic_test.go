package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// fake answers by method and path, and keeps what was sent.
func fake(t *testing.T, answers map[string]string) (*elastic, map[string]string) {
	sent := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Method + " " + r.URL.Path
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		sent[call] = string(body)
		answer, ok := answers[call]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return &elastic{url: server.URL}, sent
}

// The measured indices are the release's, but for the alias, in which nobody shall find them, and what deletes them.
func TestTemplate(t *testing.T) {
	e, sent := fake(t, map[string]string{
		"POST /_index_template/_simulate_index/logs-2000.01.01": `{"template":{"settings":{"index":{"refresh_interval":"1s","lifecycle":{"name":"logs"}}},
			"mappings":{"dynamic":"false"},"aliases":{"logs":{}}}}`,
		"PUT /_index_template/logs-bench": `{}`,
	})
	require.NoError(t, e.putTemplate(context.Background(), "logs"))
	require.JSONEq(t, `{"index_patterns":["logs-bench*"],"priority":1000,"template":{"settings":{"index":{"refresh_interval":"1s"}},"mappings":{"dynamic":"false"}}}`,
		sent["PUT /_index_template/logs-bench"])
}

func TestTemplateOfNoRelease(t *testing.T) {
	e, _ := fake(t, map[string]string{"POST /_index_template/_simulate_index/logs-2000.01.01": `{"template":{}}`})
	require.ErrorContains(t, e.putTemplate(context.Background(), "logs"), "set --index")
}

func TestRemove(t *testing.T) {
	e, sent := fake(t, map[string]string{
		"GET /b-*/_settings":                `{"b-2026.01.02":{},"b-2026.01.01":{}}`,
		"DELETE /b-2026.01.01,b-2026.01.02": `{}`,
		"GET /none-*/_settings":             `{}`,
	})
	require.NoError(t, e.remove(context.Background(), "b"))
	require.Contains(t, sent, "DELETE /b-2026.01.01,b-2026.01.02")
	require.NoError(t, e.remove(context.Background(), "none"))
}

func TestCPUOfAllNodes(t *testing.T) {
	e, _ := fake(t, map[string]string{"GET /_nodes/stats/process": `{"nodes":{"a":{"process":{"cpu":{"total_in_millis":1500}}},"b":{"process":{"cpu":{"total_in_millis":500}}}}}`})
	seconds, err := e.cpu(context.Background())
	require.NoError(t, err)
	require.InDelta(t, 2, seconds, 0)
	_, err = (&elastic{url: e.url + "/none"}).cpu(context.Background())
	require.ErrorContains(t, err, "404")
}
