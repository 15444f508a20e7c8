package access

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
)

// Keeper looks at files and Kafka at each interval, and makes Kafka have what the files say. It asks Kafka, too, since
// brokers can lose what they had: a volume is given up, a cluster is made anew.
type Keeper struct {
	files    Files
	connect  func() (Client, error)
	interval time.Duration
	log      *slog.Logger

	client    Client            // nil = to be made; a failed one is not used again, its certificates may have been renewed
	passwords map[string]string // by user, as Kafka has taken them from here

	ready    atomic.Bool
	applied  prometheus.Gauge
	failures prometheus.Counter
}

// NewKeeper returns a keeper that makes its clients with connect.
func NewKeeper(files Files, connect func() (Client, error), interval time.Duration, log *slog.Logger) *Keeper {
	return &Keeper{
		files: files, connect: connect, interval: interval, log: log, passwords: map[string]string{},
		applied: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kafka_users_applied_timestamp_seconds", Help: "When Kafka last had what the files say; 0 = not yet.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kafka_users_failures_total", Help: "Looks at files and Kafka that failed.",
		}),
	}
}

// Describe implements prometheus.Collector.
func (k *Keeper) Describe(out chan<- *prometheus.Desc) {
	k.applied.Describe(out)
	k.failures.Describe(out)
}

// Collect implements prometheus.Collector.
func (k *Keeper) Collect(out chan<- prometheus.Metric) {
	k.applied.Collect(out)
	k.failures.Collect(out)
}

// Ready is nil as soon as everything has been applied once.
func (k *Keeper) Ready() error {
	if !k.ready.Load() {
		return errors.New("users and ACLs have not been applied yet")
	}
	return nil
}

// Run keeps users and ACLs until ctx ends. What fails is logged and tried again.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(k.interval)
	defer tick.Stop()
	for {
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			k.failures.Inc()
			k.log.Error("not applied, trying again", "in", k.interval, "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			k.disconnect()
			return
		}
	}
}

// look compares once, and applies what differs.
func (k *Keeper) look(ctx context.Context) error {
	users, err := k.files.read()
	if err != nil {
		return err
	}
	if k.client == nil {
		if k.client, err = k.connect(); err != nil {
			return err
		}
	}
	if err := k.apply(ctx, users); err != nil {
		k.disconnect()
		return err
	}
	k.applied.SetToCurrentTime()
	k.ready.Store(true)
	return nil
}

func (k *Keeper) disconnect() {
	if k.client != nil {
		k.client.Close()
		k.client = nil
	}
}

// apply changes ACLs before passwords: who can log in for the first time may do at once what it shall, and no password
// that Kafka refuses keeps a grant from being taken back.
func (k *Keeper) apply(ctx context.Context, users map[string]user) error {
	// The other calls only say that there is no broker, and not why.
	if _, err := k.client.Metadata(ctx, &kafka.MetadataRequest{}); err != nil {
		return fmt.Errorf("brokers: %w", err)
	}
	missing, extra, err := difference(ctx, k.client, users)
	if err != nil {
		return err
	}
	if err := create(ctx, k.client, missing); err != nil {
		return err
	}
	if err := remove(ctx, k.client, extra); err != nil {
		return err
	}
	present, err := known(ctx, k.client, users)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(users)) {
		if !present[name] || k.passwords[name] != users[name].password {
			names = append(names, name)
		}
	}
	taken, err := setPasswords(ctx, k.client, names, users)
	for _, name := range taken {
		k.passwords[name] = users[name].password
	}
	if len(missing)+len(extra)+len(taken) > 0 {
		k.log.Info("applied", "ACLs created", len(missing), "ACLs deleted", len(extra), "passwords set", taken)
	}
	return err
}
