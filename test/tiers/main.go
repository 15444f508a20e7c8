// Command tiers runs the test tiers one after the other and ends with what ran, what was left out and why.
// A tier that this machine cannot run is reported as skipped with its reason, never as passed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"sluice/internal/usage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	only := flag.String("only", "", "run these tiers only, separated by commas: "+strings.Join(names(), ", "))
	images := flag.String("images", "auto", "where images come from: auto, pull or assemble")
	flag.Parse()
	err := run(ctx, *only, *images, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "tiers:", err)
	}
	os.Exit(usage.ExitCode(err))
}

func run(ctx context.Context, only, images string, stray []string) error {
	if len(stray) > 0 {
		return usage.Errorf("stray argument %q: choose tiers with --only", stray[0])
	}
	chosen := tiers
	if only != "" {
		wanted := strings.Split(only, ",")
		for _, name := range wanted {
			if !slices.Contains(names(), name) {
				return usage.Errorf("unknown tier %q: --only takes %s", name, strings.Join(names(), ", "))
			}
		}
		chosen = slices.DeleteFunc(slices.Clone(tiers), func(t tier) bool { return !slices.Contains(wanted, t.name) })
	}
	results := make([]result, 0, len(chosen))
	for _, t := range chosen {
		results = append(results, runTier(ctx, t, images))
	}
	return report(os.Stdout, results)
}

// tier is one kind of test. Its steps run in order; the first that fails fails the tier.
type tier struct {
	name    string
	what    string
	missing func(ctx context.Context, images string) string // why this machine can't run it, "" if it can
	steps   []step
	after   []step // run whether or not the steps passed
}

type step struct {
	dir  string // relative to the repository
	args []string
	env  []string
}

type result struct {
	tier    tier
	skipped string
	err     error
	took    time.Duration
}

func runTier(ctx context.Context, t tier, images string) (r result) {
	r.tier = t
	fmt.Printf("\n=== %s: %s\n", t.name, t.what)
	if t.missing != nil {
		if r.skipped = t.missing(ctx, images); r.skipped != "" {
			fmt.Printf("left out: %s\n", r.skipped)
			return r
		}
	}
	began := time.Now()
	defer func() { r.took = time.Since(began) }()
	for _, s := range t.after {
		defer func() {
			if err := s.run(context.WithoutCancel(ctx), images); err != nil && r.err == nil {
				r.err = err
			}
		}()
	}
	for _, s := range t.steps {
		if r.err = s.run(ctx, images); r.err != nil {
			return r
		}
	}
	return r
}

func (s step) run(ctx context.Context, images string) error {
	fmt.Printf("$ %s\n", strings.Join(s.args, " "))
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, os.Stdout, os.Stderr
	cmd.Env = append(append(os.Environ(), "IMAGES="+images), s.env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(s.args, " "), err)
	}
	return nil
}
