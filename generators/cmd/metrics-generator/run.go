package main

import (
	"context"
	"flag"
	"io"
	"time"

	"sluice/generators/internal/metrics"
	"sluice/internal/cli"
	"sluice/internal/telemetry"
)

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, env cli.Lookup, stdout, stderr io.Writer) int {
	return cli.Report(stderr, "metrics-generator", simulate(ctx, args, env, stdout))
}

// simulate serves the metrics of the simulated service until ctx ends.
func simulate(ctx context.Context, args []string, env cli.Lookup, help io.Writer) error {
	cfg, addr, err := parse(args, env, help)
	if err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	listener, err := telemetry.Listen(addr, "--metrics-addr")
	if err != nil {
		return err
	}
	registry := telemetry.NewRegistry("app_service", version)
	app := metrics.NewApp(cfg, registry, time.Now)
	go app.Run(ctx)
	return telemetry.Serve(ctx, listener, telemetry.Handler(registry, app.Healthy, app.Ready))
}

func parse(args []string, env cli.Lookup, help io.Writer) (cfg metrics.Config, addr string, err error) {
	fs := flag.NewFlagSet("metrics-generator", flag.ContinueOnError)
	fs.StringVar(&addr, "metrics-addr", ":8000", "host:port of /metrics, /healthz and /readyz")
	fs.Float64Var(&cfg.Rate, "rate", 20, "requests per second, as the mean over a day without spikes")
	fs.DurationVar(&cfg.Day, "day", 24*time.Hour, "length of the daily curve")
	fs.Uint64Var(&cfg.Seed, "seed", 1, "seed of the traffic")
	fs.DurationVar(&cfg.Spikes.Interval, "spike-interval", time.Hour, "time in which one traffic spike comes; 0s = none")
	fs.DurationVar(&cfg.Spikes.Length, "spike-length", 2*time.Minute, "length of a traffic spike")
	fs.Float64Var(&cfg.SpikeRatio, "spike-ratio", 4, "factor of the rate in a spike")
	fs.DurationVar(&cfg.Faults.Interval, "fault-interval", 30*time.Minute, "time in which one error episode comes; 0s = none")
	fs.DurationVar(&cfg.Faults.Length, "fault-length", 3*time.Minute, "length of an error episode")
	fs.Float64Var(&cfg.FaultRatio, "fault-ratio", 0.4, "share of the affected path's requests that fail in an error episode")
	fs.Float64Var(&cfg.ErrorRatio, "error-ratio", 0.005, "share of all other requests that fail")
	err = cli.Parse(fs, args, env, help)
	return cfg, addr, err
}
