package main

import (
	"context"
	"flag"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	contract "sluice/charts/sluice/charts/lib"

	"sluice/apps/indexer/internal/config"
	"sluice/apps/indexer/internal/deliver"
	"sluice/apps/indexer/internal/elastic"
	"sluice/apps/indexer/internal/kafka"
	"sluice/apps/indexer/internal/normalise"
	"sluice/apps/indexer/internal/start"
	"sluice/internal/cli"
	"sluice/internal/telemetry"
)

const (
	// grace is for what is in flight at the end; a pod has 30 s.
	grace = 20 * time.Second
	// memoryLimit leaves the rest of 128 MiB to what is not the Go heap's. GOMEMLIMIT overrides it.
	memoryLimit = 80 << 20
)

// runCommand carries records from Kafka to Elasticsearch until ctx ends.
func runCommand(ctx context.Context, args []string, env cli.Lookup, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("indexer run", flag.ContinueOnError)
	path := fs.String("config", "", "file with the configuration")
	if err := cli.Parse(fs, args, env, stdout); err != nil {
		return err
	}
	if *path == "" {
		return cli.Misusef("--config is empty: set it to the file with the configuration")
	}
	c, err := config.Read(*path)
	if err != nil {
		return err
	}
	options, err := kafka.Options(c.Kafka, version)
	if err != nil {
		return err
	}
	search, err := elastic.New(c.Elasticsearch, version)
	if err != nil {
		return err
	}
	rules, err := contract.Read()
	if err != nil {
		return err
	}
	listener, err := telemetry.Listen(c.Listen, "listen")
	if err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}

	log := slog.New(slog.NewJSONHandler(stderr, nil))
	registry := telemetry.NewRegistry("indexer", version)
	pipeline := deliver.New(deliver.Options{
		Config: c, Kafka: options, Elastic: search, Registry: registry, Log: log, Grace: grace,
		Normaliser: func() (deliver.Normaliser, error) {
			return normalise.New(normalise.Options{Contract: rules, RetentionDays: c.RetentionDays, DeadLetterIndex: c.DeadLetterIndex, Now: time.Now})
		},
	})
	wait := &start.Wait{Config: c, Kafka: options, Elastic: search, Log: log}
	ready := func() error {
		if missing := wait.Missing(); missing != nil {
			return missing
		}
		return pipeline.Ready()
	}

	// The server goes on while what is in flight is finished.
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() {
		served <- telemetry.Serve(serving, listener, telemetry.Handler(registry, pipeline.Healthy, ready))
	}()
	err = wait.Run(ctx)
	if err == nil && ctx.Err() == nil {
		log.Info("started", "version", version, "group", c.Kafka.Group)
		err = pipeline.Run(ctx)
	}
	stop()
	if serveErr := <-served; err == nil {
		err = serveErr
	}
	return err
}
