package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

func noEnv(string) (string, bool) { return "", false }

func TestBadInputIsOneLineAndExitCode2(t *testing.T) {
	for args, want := range map[string]string{
		"stray":                            `unexpected argument "stray"`,
		"--rate=-1":                        "--rate is -1: set it to requests per second",
		"--rate=x":                         `invalid value "x" for flag -rate`,
		"--metrics-addr=":                  "--metrics-addr is empty: set it",
		"--metrics-addr=127.0.0.1:notport": "set --metrics-addr to a free host:port",
	} {
		var stderr bytes.Buffer
		require.Equal(t, cli.ExitMisuse, run(t.Context(), strings.Fields(args), noEnv, io.Discard, &stderr), args)
		require.Contains(t, stderr.String(), want)
		require.True(t, strings.HasPrefix(stderr.String(), "metrics-generator: "))
		require.Equal(t, 1, strings.Count(stderr.String(), "\n"))
	}
	var help bytes.Buffer
	require.Equal(t, cli.ExitOK, run(t.Context(), []string{"-h"}, noEnv, &help, io.Discard))
	require.Contains(t, help.String(), "[$SLUICE_METRICS_ADDR]")
}

func TestServesUntilTheSignal(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	ctx, cancel := context.WithCancel(t.Context())
	code := -1
	var running sync.WaitGroup
	running.Go(func() {
		code = run(ctx, []string{"--rate=5000", "--metrics-addr=" + addr}, noEnv, io.Discard, io.Discard)
	})

	get := func(path string) string {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			return ""
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	require.Eventually(t, func() bool { return get("/readyz") == "ok\n" }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, "ok\n", get("/healthz"))
	require.Eventually(t, func() bool {
		body := get("/metrics")
		for _, want := range []string{
			`http_requests_total{method="GET",path="/",status="200"} `,
			`http_request_duration_seconds_bucket{method="GET",path="/",le="0.005"} `,
			"http_requests_in_flight ", "app_service_build_info{",
		} {
			if !strings.Contains(body, want) {
				return false
			}
		}
		return true
	}, 5*time.Second, 10*time.Millisecond)

	cancel()
	running.Wait()
	require.Equal(t, cli.ExitOK, code)
}
