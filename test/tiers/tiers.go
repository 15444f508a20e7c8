package main

import (
	"context"
	"os"
	"os/exec"

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
		name: "rules",
		what: "promtool, amtool and the operator's types: every alert fires and rests as it should, configurations are valid",
		steps: []step{
			{args: []string{"go", "test", "-tags", "rules", "-count=1", "-timeout=20m", "./test/rules"}},
		},
	},
	{
		name: "fuzz",
		what: "the event encoder and the indexer's documents against encoding/json, 10 s each",
		steps: []step{
			{args: []string{"go", "test", "./generators/internal/logs", "-run=^$", "-fuzz=FuzzAppendJSON", "-fuzztime=10s"}},
			{args: []string{"go", "test", "./apps/indexer/internal/normalise", "-run=^$", "-fuzz=FuzzAppend", "-fuzztime=10s"}},
		},
	},
	{
		name: "lint",
		what: "golangci-lint, actionlint, ct lint and helm lint --strict, pinned in tools",
		steps: []step{
			{dir: "tools/lint", args: []string{"go", "build", "-o", "../../bin/", "-ldflags", "-s -w", "tool"}},
			{dir: "tools/helm", args: []string{"go", "build", "-o", "../../bin/", "-ldflags", "-s -w", "tool"}},
			// Its own cache, because golangci-lint's default is one for all clones and reports their paths.
			{args: []string{"sh", "-c", `GOLANGCI_LINT_CACHE="$PWD/bin/.golangci" bin/golangci-lint run ./...`}},
			// Not with whatever shellcheck and pyflakes the machine has.
			{args: []string{"bin/actionlint", "-shellcheck=", "-pyflakes="}},
			{args: []string{"sh", "-c", `PATH="$PWD/bin:$PATH" ct lint --config ct.yaml`}},
		},
	},
	{
		name:    "logstash",
		what:    "Logstash's script on the JRuby that Logstash has: the documents of the table of hostile records",
		missing: without("openjdk-17-jre-headless maven", "java", "mvn"),
		steps: []step{
			{args: []string{"go", "test", "-tags", "logstash", "-count=1", "-timeout=10m", "./test/hostile"}},
		},
	},
	{
		name:    "spark",
		what:    "the streaming job on a real local Spark: windows, anomalies, crashes",
		missing: without("openjdk-17-jre-headless python3-pip", "java", "python3"),
		steps: []step{
			{args: []string{"go", "run", "./test/spark", "-v"}},
		},
	},
	{
		name: "terraform",
		what: "OpenTofu: every variable's good and bad values, what must hold of network and cluster, each example applied and destroyed, nodes as the chart asks for; it printed which provider",
		steps: []step{
			{dir: "tools/opentofu", args: []string{"go", "build", "-o", "../../bin/", "-ldflags", "-s -w", "github.com/opentofu/opentofu/cmd/tofu"}},
			{dir: "tools/aws-standin", args: []string{"go", "test", "./..."}},
			{dir: "tools/aws-standin", args: []string{"go", "build", "-o", "../../bin/aws-standin/terraform-provider-aws", "-ldflags", "-s -w", "."}},
			{dir: "tools/aws-standin", args: []string{"sh", "-c", "go run ./schemas ../../terraform > ../../bin/aws-standin/schemas.json"}},
			{args: []string{"go", "test", "-tags", "terraform", "-count=1", "-timeout=20m", "./test/terraform"}},
		},
	},
	{
		name: "policies",
		what: "Trivy's policies: for AWS on each example of Terraform, for Kubernetes on the prod profile; kube-score's checks on that too",
		steps: []step{
			{dir: "tools/trivy", args: []string{"go", "test", "./..."}, env: trivyEnv},
			{dir: "tools/trivy", args: []string{"go", "build", "-o", "../../bin/", "-ldflags", "-s -w", "."}, env: trivyEnv},
			{args: []string{"bin/trivy", "terraform", "terraform", "examples/minimal.tfvars", "examples/private-only.tfvars", "examples/production.tfvars"}},
			{args: []string{"bin/trivy", "kubernetes", "test/testdata/prod.golden.yaml"}},
			{dir: "tools/kube-score", args: []string{"go", "test", "./..."}},
			{dir: "tools/kube-score", args: []string{"go", "build", "-o", "../../bin/", "-ldflags", "-s -w", "."}},
			{args: []string{"bin/kube-score", "tools/kube-score/accepted.yaml", "test/testdata/prod.golden.yaml"}},
		},
	},
	{
		name:    "sim",
		what:    "simulated nodes in three zones: both presets, Pod Security, drains, upgrades from the version before and back, larger volumes, a thousand nodes",
		missing: noEngine,
		steps: []step{
			{args: []string{"go", "run", "./cmd/sluice", "images"}},
			{args: []string{"go", "test", "-tags", "sim", "-count=1", "-v", "-timeout=40m", "./test/sim"}},
		},
	},
	{
		name:    "compose",
		what:    "docker compose up: 10,000 events counted in Elasticsearch, every `helm test` run there",
		missing: noEngine,
		steps: []step{
			{dir: "tools/compose", args: []string{"go", "build", "-o", "../../bin/docker-compose", "-ldflags", "-s -w", "github.com/docker/compose/v2/cmd"}},
			{args: []string{"go", "run", "./cmd/sluice", "compose-config"}},
			{args: []string{"go", "test", "-tags", "compose", "-count=1", "-v", "-timeout=20m", "./test/compose"}},
		},
	},
	{
		name:    "zones",
		what:    "the production profile at small sizes on three real workers in three zones: ready, spread, 10,000 events counted, every connection between pods allowed or refused as the policies say; then without Spark, brokers, nodes, quorums and disks broken under load, nothing acknowledged lost",
		missing: noEngine,
		steps: []step{
			{args: zonesUp()},
			{args: zonesTests("-run", wholeRelease)},
			// It takes a quarter of two cores, and longest to come back each time. The e2e tier kills it.
			{args: zonesUp("--set", "spark.enabled=false")},
			{args: zonesTests("-skip", wholeRelease)},
		},
		after: []step{{args: []string{"go", "run", "./cmd/sluice", "--topology", "zones", "down"}}},
	},
	e2e("e2e", images.Assemble, "assembled"),
	e2e("e2e-pull", images.Pull, "pulled"),
}

// wholeRelease are the tests of the zones tier that break nothing.
const wholeRelease = "^(TestSpread|TestVerify|TestConnections|TestNoStrangers)$"

func zonesUp(more ...string) []string {
	return append([]string{"go", "run", "./cmd/sluice", "--topology", "zones", "up", "--count", "0", "-f", "values/values-prod.yaml", "-f", "values/values-prod-small.yaml"}, more...)
}

func zonesTests(which ...string) []string {
	return append([]string{"go", "test", "-tags", "zones", "-count=1", "-v", "-timeout=60m", "./test/zones"}, which...)
}

// trivyEnv: Trivy reads manifests with a package of Go that is an experiment still.
var trivyEnv = []string{"GOEXPERIMENT=jsonv2"}

// e2e runs the same suite on images of one origin.
func e2e(name, mode, origin string) tier {
	return tier{
		name: name,
		what: "real pods of " + origin + " images: 10,000 events counted; 50,000 while Kafka, Elasticsearch, the engine and the node are killed; hostile records, snapshots restored, helm test, panels, Spark; an upgrade from the version before, two brokers and back; then without ZooKeeper",
		missing: func(ctx context.Context, chosen string) string {
			if reason := noEngine(ctx, chosen); reason != "" {
				return reason
			}
			return otherImages(mode, chosen, func() bool { return images.RegistryAnswers(ctx) })
		},
		steps: []step{
			// As values-prod-small.yaml says: what starts dozens of Java virtual machines waits for little else.
			{args: []string{"go", "run", "./cmd/sluice", "--images", mode, "up", "--set", "global.javaOptions=-XX:TieredStopAtLevel=1"}},
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

// without gives the reason to leave a tier out that needs programs: one is not there, and can't be installed.
func without(debianPackages string, programs ...string) func(context.Context, string) string {
	return func(context.Context, string) string {
		for _, program := range programs {
			if _, err := exec.LookPath(program); err != nil && os.Geteuid() != 0 {
				return program + " is not on PATH, and only root can install it (Debian: apt-get install " + debianPackages + ")"
			}
		}
		return ""
	}
}

// noEngine is the reason to leave a cluster's tier out: no Docker engine, and no way to install one.
func noEngine(ctx context.Context, _ string) string {
	if engine.Answers(ctx) || os.Geteuid() == 0 {
		return ""
	}
	return "no Docker engine answers, and only root can install one (https://docs.docker.com/engine/install)"
}
