package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"sluice/generators/internal/logs"
	"sluice/internal/cli"
)

func noEnv(string) (string, bool) { return "", false }

// summaryOf reads the last line of stderr.
func summaryOf(t *testing.T, stderr string) (s logs.Summary) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &s), stderr)
	return s
}

func TestBadInputIsOneLineAndExitCode2(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())

	for _, c := range []struct {
		args, want string
	}{
		{"stray", `unexpected argument "stray"`},
		{"--levels=info=1,trace=2", `--levels: unknown level "trace": the levels are debug`},
		{"--rate=-1", "--rate is -1: set it to events per second"},
		{"--count=-1", `invalid value "-1" for flag -count`},
		{"--topic=", "--topic is empty: set it"},
		{"--brokers=", "--brokers is empty: set it"},
		{"--output=file", `--output is "file": set it to kafka or stdout`},
		{"--size=-5", "--size is -5: set it"},
		{"--sasl=plain", "set SLUICE_USERNAME, and SLUICE_PASSWORD or --password-file"},
		{"--tls --tls-ca=/does/not/exist", "cannot read --tls-ca"},
		{"--connect-timeout=200ms --brokers=" + closed.Addr().String(), "connection refused: set --brokers"},
		{"--output=stdout --metrics-addr=" + taken.Addr().String(), "set --metrics-addr"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"--metrics-addr="}, strings.Fields(c.args)...), noEnv, &stdout, &stderr)
		require.Equal(t, cli.ExitMisuse, code, c.args)
		require.Contains(t, stderr.String(), c.want)
		require.True(t, strings.HasPrefix(stderr.String(), "log-generator: "))
		require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
		require.Empty(t, stdout.String())
	}
}

func TestEveryFlagOfTheContract(t *testing.T) {
	var help bytes.Buffer
	require.Equal(t, cli.ExitOK, run(t.Context(), []string{"--help"}, noEnv, &help, io.Discard))
	for _, name := range []string{
		"brokers", "topic", "rate", "count", "duration", "services", "levels", "size", "seed", "burst-interval",
		"burst-length", "burst-service", "acks", "compression", "batch-size", "linger", "workers", "tls", "tls-ca",
		"tls-cert", "tls-key", "sasl", "username", "password", "password-file",
		"output", "run-id", "metrics-addr", "connect-timeout",
	} {
		require.Contains(t, help.String(), "  --"+name+" ")
		require.Contains(t, help.String(), "[$"+cli.EnvName(name)+"]")
	}
}

func TestStdoutGetsEveryNumberOnce(t *testing.T) {
	env := func(key string) (string, bool) {
		value, found := map[string]string{"SLUICE_COUNT": "5000", "SLUICE_OUTPUT": "stdout", "SLUICE_METRICS_ADDR": ""}[key]
		return value, found
	}
	var stdout, stderr bytes.Buffer
	require.Equal(t, cli.ExitOK, run(t.Context(), []string{"--rate=0", "--batch-size=7"}, env, &stdout, &stderr))

	s := summaryOf(t, stderr.String())
	require.Equal(t, 1, strings.Count(stderr.String(), "\n"))
	require.Equal(t, []uint64{5000, 5000, 0}, []uint64{s.Sent, s.Acknowledged, s.Failed})
	require.Equal(t, uint64(stdout.Len()-5000), s.Bytes)
	require.Positive(t, s.CPU)
	id, err := uuid.Parse(s.RunID)
	require.NoError(t, err)
	require.Equal(t, uuid.Version(7), id.Version())

	seen := map[int]bool{}
	for line := range strings.Lines(stdout.String()) {
		var e struct {
			Event  struct{ Sequence int }
			Labels map[string]string
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, s.RunID, e.Labels["run_id"])
		require.Less(t, e.Event.Sequence, 5000)
		seen[e.Event.Sequence] = true
	}
	require.Len(t, seen, 5000)
}

func TestUndeliveredIsExitCode1(t *testing.T) {
	var stderr bytes.Buffer
	args := []string{"--output=stdout", "--count=10", "--metrics-addr="}
	require.Equal(t, cli.ExitFailed, run(t.Context(), args, noEnv, brokenPipe{}, &stderr))
	s := summaryOf(t, stderr.String())
	require.Zero(t, s.Acknowledged)
	require.Equal(t, s.Sent, s.Failed)
	require.Contains(t, stderr.String(), "log-generator: cannot write events: io: read/write on closed pipe\n")
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestSignalWhileLookingForTheBroker(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var stderr bytes.Buffer
	require.Equal(t, cli.ExitOK, run(ctx, []string{"--brokers=127.0.0.1:1", "--metrics-addr="}, noEnv, io.Discard, &stderr))
	require.Zero(t, summaryOf(t, stderr.String()).Sent)
}

func TestMetricsAndHealthWhileRunning(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())

	ctx, cancel := context.WithCancel(t.Context())
	var stderr bytes.Buffer
	code := -1
	var running sync.WaitGroup
	running.Go(func() {
		code = run(ctx, []string{"--output=stdout", "--rate=1000", "--metrics-addr=" + addr}, noEnv, io.Discard, &stderr)
	})
	get := func(path string) (int, string) {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			return 0, ""
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	require.Eventually(t, func() bool { status, _ := get("/readyz"); return status == 200 }, 5*time.Second, 10*time.Millisecond)
	status, _ := get("/healthz")
	require.Equal(t, 200, status)
	require.Eventually(t, func() bool {
		_, body := get("/metrics")
		_, rest, _ := strings.Cut(body, "\nlog_generator_events_acknowledged_total ")
		value, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && n > 0
	}, 5*time.Second, 10*time.Millisecond)

	cancel()
	running.Wait()
	require.Equal(t, cli.ExitOK, code)
	s := summaryOf(t, stderr.String())
	require.Positive(t, s.Sent)
	require.Equal(t, s.Sent, s.Acknowledged)
}
