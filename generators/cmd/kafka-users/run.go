package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"sync"
	"time"

	"sluice/generators/internal/access"
	"sluice/generators/internal/kafka"
	"sluice/internal/cli"
	"sluice/internal/telemetry"
)

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, env cli.Lookup, stdout, stderr io.Writer) int {
	return cli.Report(stderr, "kafka-users", keep(ctx, args, env, stdout, stderr))
}

type settings struct {
	kafka    kafka.Connection
	files    access.Files
	interval time.Duration
	addr     string
}

// keep applies the files until ctx ends. Kafka may come later; files that can't work end it at the start only, since
// a file and the password of a new user in it do not change in the same moment.
func keep(ctx context.Context, args []string, env cli.Lookup, help, log io.Writer) error {
	s, err := parse(args, env, help)
	if err != nil {
		return err
	}
	if err := s.kafka.Validate(); err != nil {
		return err
	}
	if s.interval <= 0 {
		return cli.Misusef("--interval is %v: set it above 0s", s.interval)
	}
	if err := s.files.Check(); err != nil {
		return err
	}
	connect := func() (access.Client, error) { return access.Connect(s.kafka) }
	if _, err := connect(); err != nil {
		return err
	}
	listener, err := telemetry.Listen(s.addr, "--metrics-addr")
	if err != nil {
		return err
	}

	keeper := access.NewKeeper(s.files, connect, s.interval, slog.New(slog.NewTextHandler(log, nil)))
	registry := telemetry.NewRegistry("kafka_users", version)
	registry.MustRegister(keeper)
	ctx, cancel := context.WithCancel(ctx)
	var keeping sync.WaitGroup
	defer keeping.Wait()
	defer cancel()
	keeping.Go(func() { keeper.Run(ctx) })
	// It is well whatever Kafka does: a restart would mend nothing there.
	well := func() error { return nil }
	return telemetry.Serve(ctx, listener, telemetry.Handler(registry, well, keeper.Ready))
}

func parse(args []string, env cli.Lookup, help io.Writer) (s settings, err error) {
	fs := flag.NewFlagSet("kafka-users", flag.ContinueOnError)
	s.kafka.FlagsWithoutSASL(fs)
	fs.StringVar(&s.files.Users, "users", "/etc/sluice/users.yaml", "YAML file with the grants of each user")
	fs.StringVar(&s.files.Passwords, "passwords", "/etc/passwords", "folder with a file for each user, called like the user, that holds the password")
	fs.DurationVar(&s.interval, "interval", 10*time.Second, "time between two looks at the files and at Kafka")
	fs.StringVar(&s.addr, "metrics-addr", ":9309", "host:port of /metrics, /healthz and /readyz")
	err = cli.Parse(fs, args, env, help)
	return s, err
}
