// Package telemetry serves a command's own metrics and health over HTTP.
package telemetry

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sluice/internal/cli"
)

// Check tells why something is not well; nil means it is.
type Check func() error

// Handler serves /metrics from gatherer, and /healthz and /readyz: 200 "ok", or 503 and the reason.
func Handler(gatherer prometheus.Gatherer, healthy, ready Check) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	mux.Handle("GET /healthz", answer(healthy))
	mux.Handle("GET /readyz", answer(ready))
	return mux
}

func answer(check Check) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	}
}

// Listen opens the TCP address that setting named; a failure says to change that setting.
func Listen(addr, setting string) (net.Listener, error) {
	if addr == "" { // the net package would pick any port
		return nil, cli.Misusef("%s is empty: set it to a free host:port", setting)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, cli.Misusef("cannot listen on %q: %w: set %s to a free host:port", addr, err, setting)
	}
	return l, nil
}

// Serve answers on l with handler until ctx ends, then gives open requests one second.
func Serve(ctx context.Context, l net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := <-stopped; !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}
