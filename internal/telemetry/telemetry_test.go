package telemetry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

func ok() error   { return nil }
func sick() error { return errors.New("worker 1 is stuck") }

func TestHandler(t *testing.T) {
	handler := Handler(NewRegistry("thing", "1.2.3"), ok, sick)
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/healthz", 200, "ok\n"},
		{"GET", "/readyz", 503, "worker 1 is stuck\n"},
		{"GET", "/metrics", 200, `thing_build_info{goversion="go`},
		{"GET", "/metrics", 200, `version="1.2.3"} 1`},
		{"GET", "/metrics", 200, "go_goroutines "},
		{"GET", "/metrics", 200, "process_resident_memory_bytes "},
		{"GET", "/", 404, ""},
		{"POST", "/metrics", 405, ""},
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		require.Equal(t, c.status, w.Code, c.path)
		require.Contains(t, w.Body.String(), c.body)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	l, err := Listen("127.0.0.1:0", "--metrics-addr")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, l, Handler(NewRegistry("thing", "dev"), ok, ok)) }()

	resp, err := http.Get("http://" + l.Addr().String() + "/healthz")
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "ok\n", string(body))

	_, err = Listen(l.Addr().String(), "--metrics-addr")
	require.ErrorContains(t, err, "set --metrics-addr to a free host:port")
	require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))

	_, err = Listen("", "--metrics-addr")
	require.ErrorContains(t, err, "--metrics-addr is empty")

	cancel()
	require.NoError(t, <-done)
}
