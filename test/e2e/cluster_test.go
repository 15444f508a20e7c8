//go:build e2e

// Package e2e checks a running release: what goes in comes out, whatever is killed meanwhile.
package e2e

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/kube"
	"sluice/internal/state"
	"sluice/internal/verify"
	"sluice/test/live"
)

// The release that is tested: `sluice up`'s own, unless the environment names another.
var (
	namespace = cmp.Or(os.Getenv("SLUICE_NAMESPACE"), "sluice")
	release   = cmp.Or(os.Getenv("SLUICE_RELEASE"), "sluice")
)

// cluster is the one that `sluice up` made, or that SLUICE_KUBECONFIG names.
type cluster struct {
	live.Release
}

// connect fails the test if there is no cluster with a ready release: no cluster is not a pass.
func connect(t *testing.T) *cluster {
	t.Helper()
	path := os.Getenv("SLUICE_KUBECONFIG")
	if path == "" {
		dir, err := state.Dir("dev")
		require.NoError(t, err)
		path = filepath.Join(dir, "kubeconfig")
	}
	client, err := kube.New(path)
	require.NoError(t, err, "no cluster to test: run `make up`, or set SLUICE_KUBECONFIG")
	c := &cluster{live.Release{Client: client, Kubeconfig: path, Namespace: namespace, Name: release}}
	c.WaitReady(t, 3*time.Minute)
	return c
}

// verify runs a verification and demands that every check of it passes.
func (c *cluster) verify(t *testing.T, o verify.Options) verify.Report {
	t.Helper()
	o.Kubeconfig, o.Namespace, o.Release = c.Kubeconfig, namespace, release
	report, err := verify.Run(t.Context(), o)
	if report.RunID != "" {
		var text bytes.Buffer
		require.NoError(t, report.Print(&text))
		t.Log("\n" + text.String())
	}
	require.NoError(t, err)
	return report
}
