package main

import (
	"flag"
	"io"
	"time"

	"github.com/google/uuid"

	"sluice/generators/internal/kafka"
	"sluice/generators/internal/logs"
	"sluice/internal/cli"
)

// config is everything that can be set.
type config struct {
	logs        logs.Config
	kafka       kafka.Config
	output      string // kafka or stdout
	metricsAddr string // empty = none
}

// parse reads flags and environment into a config that is not validated yet.
func parse(args []string, env cli.Lookup, help io.Writer) (config, error) {
	var c config
	fs := flag.NewFlagSet("log-generator", flag.ContinueOnError)
	c.kafka.Flags(fs)
	fs.StringVar(&c.kafka.Topic, "topic", "logs-topic", "topic that gets the events; it must exist")
	fs.Float64Var(&c.logs.Rate, "rate", 100, "events per second; 0 = as fast as possible")
	fs.Uint64Var(&c.logs.Count, "count", 0, "events to send, then exit; 0 = no end")
	fs.DurationVar(&c.logs.Duration, "duration", 0, "time to send for, then exit; 0s = no end")
	cli.ListVar(fs, &c.logs.Services, "services", []string{"checkout", "payment", "cart", "catalog", "shipping"}, "service names, comma-separated")
	levels := fs.String("levels", "debug=5,info=80,warn=10,error=5", "weights of debug, info, warn, error and fatal")
	fs.IntVar(&c.logs.Size, "size", 0, "bytes of each message; 0 = as long as its text")
	fs.IntVar(&c.logs.EventSize, "event-size", 0, "bytes of each event, by cutting or filling up its message; 0 = as long as it is")
	fs.StringVar(&c.logs.Fields, "fields", logs.FieldsAll, "all, or few: only time, level and message, which verify can't count")
	fs.Uint64Var(&c.logs.Seed, "seed", 1, "seed of the events' content; ids differ in every run")
	fs.DurationVar(&c.logs.Burst.Interval, "burst-interval", 0, "time between the begins of error bursts; 0s = none")
	fs.DurationVar(&c.logs.Burst.Length, "burst-length", 30*time.Second, "length of an error burst")
	fs.StringVar(&c.logs.Burst.Service, "burst-service", "", "service that fails in a burst; empty = each in turn")
	fs.Float64Var(&c.logs.Burst.Slowdown, "burst-slowdown", 8, "how many times as long the requests of that service take; 1 = no longer")
	fs.StringVar(&c.kafka.Acks, "acks", "all", "acknowledgements to wait for: all, one or none (none can lose events)")
	fs.StringVar(&c.kafka.Compression, "compression", "snappy", "none, gzip, snappy, lz4 or zstd")
	fs.IntVar(&c.logs.Batch, "batch-size", 10000, "the most events of one batch")
	fs.DurationVar(&c.kafka.Linger, "linger", 10*time.Millisecond, "how long a batch waits for more events")
	fs.IntVar(&c.logs.Workers, "workers", 4, "batches that are made and sent at the same time")
	fs.StringVar(&c.output, "output", "kafka", "kafka, or stdout for one JSON object per line")
	fs.StringVar(&c.logs.RunID, "run-id", "", "value of labels.run_id; empty = a fresh UUIDv7")
	fs.StringVar(&c.metricsAddr, "metrics-addr", ":8001", "host:port of /metrics, /healthz and /readyz; empty = off")
	fs.DurationVar(&c.kafka.ConnectTimeout, "connect-timeout", 30*time.Second, "how long to look for broker and topic")
	if err := cli.Parse(fs, args, env, help); err != nil {
		return config{}, err
	}

	var err error
	if c.logs.Levels, err = logs.ParseMix(*levels); err != nil {
		return config{}, cli.Misusef("--levels: %w", err)
	}
	if c.logs.RunID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return config{}, err
		}
		c.logs.RunID = id.String()
	}
	c.kafka.BatchSize = c.logs.Batch
	return c, nil
}

// Validate tells the first setting that can't work.
func (c config) Validate() error {
	if err := c.logs.Validate(); err != nil {
		return err
	}
	switch c.output {
	case "stdout":
		return nil
	case "kafka":
		return c.kafka.Validate()
	default:
		return cli.Misusef("--output is %q: set it to kafka or stdout", c.output)
	}
}
