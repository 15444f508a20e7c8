// Command bench measures a running release and what it is made of, each figure beside that of a peer in the same run. It
// prints tables, and writes results.json, charts and the tables of docs/performance.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"sluice/bench/internal/report"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/state"
	"sluice/internal/usage"
)

// part measures one thing and puts it into the results.
type part func(context.Context, *bench, *results.Results) error

// parts in the order in which they run, and by name.
var (
	order = []string{"generator", "broker", "storage", "indexer", "hop", "settings", "steady", "outage", "prometheus", "spark", "chart", "nodes"}
	parts = map[string]part{
		"generator": generator, "broker": broker, "storage": storage, "hop": withEngine("hop", hop),
		"settings": withEngine("settings", settingsPart), "steady": steady, "outage": withEngine("outage", outage),
		"indexer": indexer, "prometheus": prometheus, "spark": spark, "chart": chartPart, "nodes": nodes,
	}
	withoutRelease = []string{"chart", "nodes"} // need none that runs
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := command(ctx, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	os.Exit(usage.ExitCode(err))
}

func command(ctx context.Context, args []string) error {
	repository, err := state.Repository()
	if err != nil {
		return err
	}
	b := &bench{out: progress.New(os.Stdout), repository: repository}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := fs.String("only", strings.Join(order, ","), "parts to measure, comma-separated")
	fs.IntVar(&b.runs, "runs", 5, "runs of each measurement")
	fs.StringVar(&b.kubeconfig, "kubeconfig", "", "kubeconfig of another cluster than that of `make up`; its nodes must be able to pull --image")
	fs.StringVar(&b.release.Namespace, "namespace", "sluice", "namespace of the release")
	fs.StringVar(&b.release.Name, "release", "sluice", "name of the Helm release")
	fs.StringVar(&b.image, "image", "", "image of the producers; built, and brought into the cluster of `make up`, if empty")
	fs.StringVar(&b.consumersImage, "consumers-image", "", "image of the consumers; built, and brought into the cluster of `make up`, if empty")
	fs.StringVar(&b.profile, "profile", "dev", "what Prometheus' figures are of: the profile that the release was installed with")
	peers := fs.String("peer-charts", "", "directories of other charts, with their dependencies, to be rendered beside this one, comma-separated")
	fs.DurationVar(&b.length, "length", defaultLength, "about how long a run of a fast producer lasts")
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return usage.Errorf("%w", err)
	}
	if *peers != "" {
		b.peerCharts = strings.Split(*peers, ",")
	}
	chosen := strings.Split(*only, ",")
	for _, name := range chosen {
		if parts[name] == nil {
			return usage.Errorf("--only has %q: set it to some of %s", name, strings.Join(slices.Sorted(maps.Keys(parts)), ", "))
		}
	}
	if b.runs < 1 {
		return usage.Errorf("--runs is %d: set it to at least 1", b.runs)
	}
	file := filepath.Join(repository, "bench", "results.json")
	all, err := results.Load(file)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(chosen, func(name string) bool { return !slices.Contains(withoutRelease, name) }) {
		if err := b.connect(ctx); err != nil {
			return err
		}
	}
	machine, err := results.ThisMachine(ctx, repository)
	if err != nil {
		return err
	}
	for _, name := range order {
		if !slices.Contains(chosen, name) {
			continue
		}
		if err := parts[name](ctx, b, &all); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		all.Machine[name] = machine
		if err := all.Save(file); err != nil { // what was measured is not lost when a later part fails
			return err
		}
	}
	for _, table := range report.Tables(all) {
		if slices.Contains(chosen, table.Part) {
			if err := table.Print(os.Stdout); err != nil {
				return err
			}
		}
	}
	return report.Write(all, repository)
}
