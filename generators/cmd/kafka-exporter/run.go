package main

import (
	"context"
	"flag"
	"io"
	"time"

	"sluice/generators/internal/kafka"
	"sluice/generators/internal/lag"
	"sluice/internal/cli"
	"sluice/internal/telemetry"
)

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, env cli.Lookup, stdout, stderr io.Writer) int {
	return cli.Report(stderr, "kafka-exporter", export(ctx, args, env, stdout))
}

type settings struct {
	kafka   kafka.Connection
	addr    string
	timeout time.Duration
}

// export serves the metrics until ctx ends. Kafka may come later: a scrape fails as long as it is away.
func export(ctx context.Context, args []string, env cli.Lookup, help io.Writer) error {
	s, err := parse(args, env, help)
	if err != nil {
		return err
	}
	if err := s.kafka.Validate(); err != nil {
		return err
	}
	if s.timeout <= 0 {
		return cli.Misusef("--timeout is %v: set it above 0s", s.timeout)
	}
	transport, err := s.kafka.Transport("kafka-exporter", s.timeout)
	if err != nil {
		return err
	}
	listener, err := telemetry.Listen(s.addr, "--metrics-addr")
	if err != nil {
		return err
	}
	registry := telemetry.NewRegistry("kafka_exporter", version)
	registry.MustRegister(&lag.Collector{Client: lag.NewClient(s.kafka.Brokers, transport, s.timeout), Timeout: s.timeout})
	// It is well whatever Kafka does: a restart would mend nothing there.
	well := func() error { return nil }
	return telemetry.Serve(ctx, listener, telemetry.Handler(registry, well, well))
}

func parse(args []string, env cli.Lookup, help io.Writer) (s settings, err error) {
	fs := flag.NewFlagSet("kafka-exporter", flag.ContinueOnError)
	s.kafka.Flags(fs)
	fs.StringVar(&s.addr, "metrics-addr", ":9308", "host:port of /metrics, /healthz and /readyz")
	fs.DurationVar(&s.timeout, "timeout", 8*time.Second, "time that Kafka has to answer a scrape")
	err = cli.Parse(fs, args, env, help)
	return s, err
}
