package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"sluice/generators/internal/kafka"
	"sluice/generators/internal/logs"
	"sluice/internal/cli"
	"sluice/internal/telemetry"
)

// run is the whole command; it returns the exit code. Once events could be sent, the last
// line on stderr is the summary.
func run(ctx context.Context, args []string, env cli.Lookup, stdout, stderr io.Writer) int {
	summary, err := generate(ctx, args, env, stdout, stderr)
	code := cli.Report(stderr, "log-generator", err)
	if summary != nil {
		_ = json.NewEncoder(stderr).Encode(summary) // nobody is left to tell
	}
	return code
}

// generate returns when the count or duration is reached or ctx ends. The summary is nil if
// it did not come to sending.
func generate(ctx context.Context, args []string, env cli.Lookup, stdout, stderr io.Writer) (*logs.Summary, error) {
	cfg, err := parse(args, env, stdout)
	if err != nil {
		return nil, err
	}
	if cfg.logs.Host, err = os.Hostname(); err != nil {
		return nil, err
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}

	var stats logs.Stats
	var running atomic.Pointer[logs.Run]
	if cfg.metricsAddr != "" {
		stop, err := serve(ctx, cfg.metricsAddr, &stats, &running)
		if err != nil {
			return nil, err
		}
		defer stop()
	}

	sender, closeSender, err := open(ctx, cfg, stdout)
	if ctx.Err() != nil {
		return stats.Summary(cfg.logs.RunID, 0), nil // stopped before the first event
	}
	if err != nil {
		return nil, err
	}
	defer closeSender()

	start := time.Now()
	r := logs.NewRun(cfg.logs, sender, &stats, time.Now, slog.New(slog.NewTextHandler(stderr, nil)))
	running.Store(r)
	err = r.Do(ctx)
	return stats.Summary(cfg.logs.RunID, time.Since(start)), err
}

// serve answers for metrics and health until stop is called.
func serve(ctx context.Context, addr string, stats *logs.Stats, running *atomic.Pointer[logs.Run]) (stop func(), err error) {
	listener, err := telemetry.Listen(addr, "--metrics-addr")
	if err != nil {
		return nil, err
	}
	registry := telemetry.NewRegistry("log_generator", version)
	registry.MustRegister(stats)
	healthy := func() error {
		if r := running.Load(); r != nil {
			return r.Healthy()
		}
		return nil
	}
	ready := func() error {
		if running.Load() == nil {
			return errors.New("still looking for broker and topic")
		}
		return nil
	}
	// It lives as long as the run, so that the flush after a signal can be watched.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = telemetry.Serve(ctx, listener, telemetry.Handler(registry, healthy, ready))
	}()
	return func() { cancel(); <-done }, nil
}

// open returns the sender that --output asks for, and what closes it.
func open(ctx context.Context, cfg config, stdout io.Writer) (logs.Sender, func(), error) {
	if cfg.output == "stdout" {
		return logs.NewWriterSender(stdout), func() {}, nil
	}
	sender, err := kafka.Open(ctx, cfg.kafka)
	if err != nil {
		return nil, nil, err
	}
	return sender, sender.Close, nil
}
