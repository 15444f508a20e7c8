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
		"--brokers=":              "--brokers is empty: set it to host:port",
		"--brokers=kafka":         `--brokers has "kafka": set it to host:port`,
		"--timeout=0s":            "--timeout is 0s: set it above 0s",
		"--metrics-addr=":         "--metrics-addr is empty: set it",
		"--tls --tls-ca=/nowhere": "cannot read --tls-ca",
		"--sasl=scram-sha-512":    "set SLUICE_USERNAME",
		"--sasl=plain --username=u --password-file=/nowhere": "cannot use --password-file: open /nowhere",
		"stray": `unexpected argument "stray"`,
	} {
		var stderr bytes.Buffer
		require.Equal(t, cli.ExitMisuse, run(t.Context(), strings.Fields(args), noEnv, io.Discard, &stderr), args)
		require.Contains(t, stderr.String(), want)
	}
}

// Without Kafka it runs, says so when it is scraped, and ends on the signal.
func TestKafkaMayBeAway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	ctx, cancel := context.WithCancel(t.Context())
	code := -1
	var running sync.WaitGroup
	running.Go(func() {
		code = run(ctx, []string{"--brokers=127.0.0.1:1", "--timeout=500ms", "--metrics-addr=" + addr}, noEnv, io.Discard, io.Discard)
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
	require.Eventually(t, func() bool { status, _ := get("/readyz"); return status == http.StatusOK }, 5*time.Second, 10*time.Millisecond)
	status, body := get("/metrics")
	require.Equal(t, http.StatusInternalServerError, status)
	require.Contains(t, body, "brokers and topics: ")
	cancel()
	running.Wait()
	require.Equal(t, cli.ExitOK, code)
}
