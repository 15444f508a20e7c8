package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

func noEnv(string) (string, bool) { return "", false }

// files are the flags of a folder with one user.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "users.yaml"), []byte("u: [{topic: t, operations: [Read]}]"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "u"), []byte("secret"), 0o600))
	return "--users=" + filepath.Join(dir, "users.yaml") + " --passwords=" + dir
}

func TestBadInputIsOneLineAndExitCode2(t *testing.T) {
	good := files(t)
	for args, want := range map[string]string{
		"--brokers=kafka":         `--brokers has "kafka"`,
		"--interval=0s":           "--interval is 0s: set it above 0s",
		"--metrics-addr=":         "--metrics-addr is empty: set it",
		"--users=/nowhere":        "cannot read --users: open /nowhere",
		"--passwords=/nowhere":    `user "u" has no password: put it into /nowhere/u, or set --passwords`,
		"--tls --tls-ca=/nowhere": "cannot read --tls-ca",
		"--tls-cert=c":            "need --tls",
		"--sasl=plain":            "flag provided but not defined: -sasl",
	} {
		var stderr bytes.Buffer
		require.Equal(t, cli.ExitMisuse, run(t.Context(), strings.Fields(good+" "+args), noEnv, io.Discard, &stderr), args)
		require.Contains(t, stderr.String(), want)
		require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
		require.NotContains(t, stderr.String(), "secret")
	}
}

// Without Kafka it runs, is not ready, counts its failures, and ends on the signal.
func TestKafkaMayBeAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	ctx, cancel := context.WithCancel(t.Context())
	code := -1
	var stderr bytes.Buffer
	var running sync.WaitGroup
	running.Go(func() {
		args := strings.Fields(files(t) + " --brokers=127.0.0.1:1 --interval=10ms --metrics-addr=" + addr)
		code = run(ctx, args, noEnv, io.Discard, &stderr)
	})
	get := func(path string) (status int, body string) {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			return 0, ""
		}
		defer resp.Body.Close()
		content, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(content)
	}
	require.Eventually(t, func() bool {
		_, body := get("/metrics")
		return strings.Contains(body, "kafka_users_applied_timestamp_seconds 0\n") && strings.Contains(body, "\nkafka_users_failures_total ") &&
			!strings.Contains(body, "kafka_users_failures_total 0")
	}, 5*time.Second, 10*time.Millisecond)
	status, body := get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "not been applied yet")
	status, _ = get("/healthz")
	require.Equal(t, http.StatusOK, status)
	cancel()
	running.Wait()
	require.Equal(t, cli.ExitOK, code)
	require.Contains(t, stderr.String(), "connection refused")
}
