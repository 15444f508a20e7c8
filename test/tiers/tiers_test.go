package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/usage"
)

func TestReport(t *testing.T) {
	var out bytes.Buffer
	err := report(&out, []result{
		{tier: tier{name: "unit", what: "units"}, took: 61 * time.Second},
		{tier: tier{name: "lint", what: "linters"}, err: errors.New("exit status 1"), took: 2 * time.Second},
		{tier: tier{name: "e2e", what: "pods"}, skipped: "no engine"},
	})
	require.ErrorIs(t, err, errFailed)
	require.Equal(t, 1, usage.ExitCode(err))
	require.Equal(t, `
TIER  RESULT    TIME  
unit  passed    61 s  units
lint  FAILED    2 s   exit status 1
e2e   left out  0 s   no engine

All tiers together: 63 s (at most 900 s warm, 2700 s cold)
tiers: 1 passed, 1 failed, 1 skipped
`, out.String())
}

func TestReportWithoutAFailure(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, report(&out, []result{{}, {skipped: "no engine"}}))
	require.Contains(t, out.String(), "\ntiers: 1 passed, 0 failed, 1 skipped\n")
}

func TestUsageErrors(t *testing.T) {
	for want, err := range map[string]error{
		`unknown tier "unitt": --only takes unit, rules, fuzz, lint, logstash, spark, terraform, policies, sim, compose, zones, e2e, e2e-pull`: run(t.Context(), "unit,unitt", "auto", nil),
		`stray argument "unit": choose tiers with --only`: run(t.Context(), "", "auto", []string{"unit"}),
	} {
		require.EqualError(t, err, want)
		require.Equal(t, 2, usage.ExitCode(err))
	}
}

// touch is a step that leaves a file.
func touch(file string) step { return step{args: []string{"touch", file}} }

var failing = step{args: []string{"false"}}

func TestATierThatCannotRunIsLeftOut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ran")
	r := runTier(t.Context(), tier{
		missing: func(context.Context, string) string { return "no engine" },
		steps:   []step{touch(file)}, after: []step{touch(file)},
	}, "auto")
	require.Equal(t, "no engine", r.skipped)
	require.NoError(t, r.err)
	require.NoFileExists(t, file)
}

func TestATierStopsAtTheFirstFailureAndCleansUp(t *testing.T) {
	dir := t.TempDir()
	r := runTier(t.Context(), tier{
		missing: func(context.Context, string) string { return "" },
		steps:   []step{touch(dir + "/first"), failing, touch(dir + "/second")},
		after:   []step{touch(dir + "/after")},
	}, "auto")
	require.ErrorContains(t, r.err, "false: exit status 1")
	require.Empty(t, r.skipped)
	require.FileExists(t, dir+"/first")
	require.NoFileExists(t, dir+"/second")
	require.FileExists(t, dir+"/after")
}

func TestCleaningUpAfterAnInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "after")
	r := runTier(ctx, tier{steps: []step{touch(file + "-step")}, after: []step{touch(file)}}, "auto")
	require.Error(t, r.err)
	require.NoFileExists(t, file+"-step")
	require.FileExists(t, file)
}

func TestAFailedCleanUpFailsTheTier(t *testing.T) {
	r := runTier(t.Context(), tier{steps: []step{touch(filepath.Join(t.TempDir(), "x"))}, after: []step{failing}}, "auto")
	require.ErrorContains(t, r.err, "false: exit status 1")
}

func TestAStepGetsItsEnvironment(t *testing.T) {
	s := step{args: []string{"sh", "-c", `test "$IMAGES $A" = "pull 1"`}, env: []string{"A=1"}}
	require.NoError(t, s.run(t.Context(), "pull"))
}

func TestOtherImages(t *testing.T) {
	answers, silent := func() bool { return true }, func() bool { return false }
	for name, c := range map[string]struct {
		mode, chosen string
		registry     func() bool
		reason       string
	}{
		"asked for":                 {"pull", "pull", silent, ""},
		"the other was asked for":   {"pull", "assemble", answers, "IMAGES=assemble was asked for"},
		"pulled, a registry":        {"pull", "auto", answers, ""},
		"pulled, no registry":       {"pull", "auto", silent, "no image registry answers; try again where one does, or with IMAGES=pull"},
		"assembled, no registry":    {"assemble", "auto", silent, ""},
		"assembled, but could pull": {"assemble", "auto", answers, "a registry answers, so upstream's images are tested; IMAGES=assemble tests these"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.reason, otherImages(c.mode, c.chosen, c.registry))
		})
	}
}
