package main

import (
	"context"
	"os"

	"sluice/internal/engine"
)

// tiers in the order in which they run: the fast ones first.
var tiers = []tier{
	{
		name: "unit",
		what: "units, and the chart's goldens, invariants and schemas",
		steps: []step{
			{args: []string{"go", "test", "./..."}},
			{args: []string{"go", "test", "./test", "-run=^$", "-bench=Render", "-benchtime=20x"}},
		},
	},
	{
		name: "fuzz",
		what: "the event encoder against encoding/json, 10 s",
		steps: []step{
			{args: []string{"go", "test", "./generators/internal/logs", "-run=^$", "-fuzz=FuzzAppendJSON", "-fuzztime=10s"}},
		},
	},
	{
		name: "lint",
		what: "golangci-lint, pinned in tools/lint",
		steps: []step{
			{dir: "tools/lint", args: []string{"go", "build", "-o", "../../bin/", "-ldflags", "-s -w", "tool"}},
			{args: []string{"bin/golangci-lint", "run", "./..."}},
		},
	},
	{
		name:    "sim",
		what:    "both presets on simulated nodes in three zones: strict validation, Pod Security, ready, uninstalled",
		missing: noEngine,
		steps: []step{
			{args: []string{"go", "run", "./cmd/sluice", "images"}},
			{args: []string{"go", "test", "-tags", "sim", "-count=1", "-v", "-timeout=20m", "./test/sim"}},
		},
	},
	{
		name:    "e2e",
		what:    "real pods: 10,000 events counted; 50,000 while Kafka, Elasticsearch, the collector and the node are killed",
		missing: noEngine,
		steps: []step{
			{args: []string{"go", "run", "./cmd/sluice", "up"}},
			{args: []string{"go", "test", "-tags", "e2e", "-count=1", "-v", "-timeout=30m", "./test/e2e"}},
		},
		after: []step{{args: []string{"go", "run", "./cmd/sluice", "down", "--all"}}},
	},
}

func names() []string {
	var all []string
	for _, t := range tiers {
		all = append(all, t.name)
	}
	return all
}

// noEngine is the reason to leave a cluster's tier out: no Docker engine, and no way to install one.
func noEngine(ctx context.Context) string {
	if engine.Answers(ctx) || os.Geteuid() == 0 {
		return ""
	}
	return "no Docker engine answers, and only root can install one (https://docs.docker.com/engine/install)"
}
