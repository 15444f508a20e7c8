//go:build sim

package sim

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/release"
	"sluice/internal/state"
)

func repository(t *testing.T) string {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	return root
}

func chartDir(t *testing.T) string { return filepath.Join(repository(t), "charts", "sluice") }

// emptyRelease is a release that is not installed, in a namespace that enforces Pod Security. It is removed at the
// end even of a test that fails: its pods would take the room of the next test's.
func (s simulation) emptyRelease(t *testing.T, namespace string) release.Release {
	t.Helper()
	r := release.Release{Kubeconfig: s.Kubeconfig, Namespace: namespace, Name: "sluice"}
	require.NoError(t, r.EnsureNamespace(t.Context(), s.client))
	require.NoError(t, r.Uninstall(), "of an earlier run whose cluster was kept")
	t.Cleanup(func() { assert.NoError(t, r.Uninstall()) })
	return r
}

// apply installs or upgrades the release with a values file, relative to the repository, and more values, and waits until it
// is ready.
func (s simulation) apply(t *testing.T, r release.Release, chart, values string, set ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	if !filepath.IsAbs(values) {
		values = filepath.Join(repository(t), values)
	}
	require.NoError(t, r.Apply(ctx, chart, []string{values}, set))
	require.NoError(t, r.Wait(ctx, s.client, func(string, ...any) {}))
}

// uninstall removes the release and checks that nothing but its volumes is left.
func (s simulation) uninstall(t *testing.T, r release.Release) {
	t.Helper()
	claims := s.claims(t, r.Namespace)
	require.NotEmpty(t, claims)
	require.NoError(t, r.Uninstall())
	s.checkNothingIsLeftBut(t, claims, r.Namespace, r.Name)
}
