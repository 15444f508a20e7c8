package images

import (
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/usage"
)

var oneOfEach = []Spec{
	{Image: "base", Origin: Base}, {Image: "node", Origin: Node}, {Image: "own", Origin: Own},
	{Image: "upstream", Origin: Upstream}, {Image: "measured", Origin: OnDemand},
	{Image: "none", Origin: PullOnly, Reason: "no package", Set: []string{"a.enabled=false"}},
}

func TestPlan(t *testing.T) {
	assembled := []Row{
		{"base", "assembled from packages"}, {"node", "assembled from packages"}, {"own", "built from this repository"},
		{"upstream", "assembled from packages"}, {"none", "left out: no package"},
	}
	pulled := []Row{{"own", "built from this repository"}, {"upstream", "pulled by the cluster"}, {"none", "pulled by the cluster"}}
	for name, c := range map[string]struct {
		mode, got string
		answers   bool
		asked     bool
		why, node string
		local     []string
		set       []string
		table     []Row
	}{
		"pull":               {mode: Pull, got: Pull, why: "--images: pull", local: []string{"own"}, table: pulled},
		"assemble":           {mode: Assemble, got: Assemble, why: "--images: assemble", node: "node", local: []string{"own", "upstream"}, set: []string{"a.enabled=false"}, table: assembled},
		"auto, a registry":   {mode: Auto, got: Pull, answers: true, asked: true, why: "a registry answers", local: []string{"own"}, table: pulled},
		"auto, no registry":  {mode: Auto, got: Assemble, asked: true, why: "no image registry", node: "node", local: []string{"own", "upstream"}, set: []string{"a.enabled=false"}, table: assembled},
		"assemble by choice": {mode: Assemble, got: Assemble, answers: true, why: "--images: assemble", node: "node", local: []string{"own", "upstream"}, set: []string{"a.enabled=false"}, table: assembled},
	} {
		t.Run(name, func(t *testing.T) {
			asked := false
			plan := (&Builder{Specs: oneOfEach}).plan(c.mode, func() bool { asked = true; return c.answers })
			require.Equal(t, c.got, plan.Mode)
			require.Equal(t, c.asked, asked, "asked for a registry")
			require.Contains(t, plan.Why, c.why)
			require.Equal(t, c.node, plan.NodeImage())
			require.Equal(t, c.local, plan.Local())
			require.Equal(t, c.set, plan.Set())
			require.Equal(t, c.table, plan.Table())
		})
	}
}

func TestUnknownMode(t *testing.T) {
	_, err := NewPlan(t.Context(), "../..", "pul")
	require.EqualError(t, err, `images "pul": set IMAGES or --images to auto, pull or assemble`)
	require.Equal(t, 2, usage.ExitCode(err))
}
