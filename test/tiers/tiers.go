package main

import (
	"context"
	"os"

	"sluice/internal/engine"
	"sluice/internal/images"
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
	e2e("e2e", images.Assemble, "assembled"),
	e2e("e2e-pull", images.Pull, "pulled"),
}

// e2e runs the same suite on images of one origin.
func e2e(name, mode, origin string) tier {
	return tier{
		name: name,
		what: "real pods of " + origin + " images: 10,000 events counted; 50,000 while Kafka, Elasticsearch, the collector and the node are killed",
		missing: func(ctx context.Context, chosen string) string {
			if reason := noEngine(ctx, chosen); reason != "" {
				return reason
			}
			return otherImages(mode, chosen, func() bool { return images.RegistryAnswers(ctx) })
		},
		steps: []step{
			{args: []string{"go", "run", "./cmd/sluice", "--images", mode, "up"}},
			{args: []string{"go", "test", "-tags", "e2e", "-count=1", "-v", "-timeout=40m", "./test/e2e"}},
		},
		after: []step{{args: []string{"go", "run", "./cmd/sluice", "down", "--all"}}},
	}
}

// otherImages is the reason to leave a tier out whose images are not the chosen ones.
func otherImages(mode, chosen string, registryAnswers func() bool) string {
	switch {
	case chosen == mode:
		return ""
	case chosen != images.Auto:
		return "IMAGES=" + chosen + " was asked for"
	case registryAnswers() == (mode == images.Pull):
		return ""
	case mode == images.Pull:
		return "no image registry answers; try again where one does, or with IMAGES=pull"
	default:
		return "a registry answers, so upstream's images are tested; IMAGES=assemble tests these"
	}
}

func names() []string {
	var all []string
	for _, t := range tiers {
		all = append(all, t.name)
	}
	return all
}

// noEngine is the reason to leave a cluster's tier out: no Docker engine, and no way to install one.
func noEngine(ctx context.Context, _ string) string {
	if engine.Answers(ctx) || os.Geteuid() == 0 {
		return ""
	}
	return "no Docker engine answers, and only root can install one (https://docs.docker.com/engine/install)"
}
