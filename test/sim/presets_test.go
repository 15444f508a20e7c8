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
	"sluice/test"
)

// Every preset is accepted by a real API server, gets ready on nodes of the size it is made for, in a namespace
// that enforces Pod Security "restricted", and leaves nothing but its volumes behind.
func TestPresets(t *testing.T) {
	timed(t, "the sim tier", func() {
		s := start(t)
		s.nodesOf(t, "4", "16Gi")
		t.Run("dev", func(t *testing.T) { s.lifecycle(t, "dev", nil) })
		s.killSimulator(t) // the next one takes over its nodes
		s.nodesOf(t, "16", "64Gi")
		t.Run("prod", func(t *testing.T) {
			s.lifecycle(t, "prod", func(namespace string) {
				for _, component := range []string{"zookeeper", "kafka", "elasticsearch"} {
					assert.Equal(t, zones, s.zonesOf(t, namespace, component), "zones of the pods of %s", component)
				}
			})
		})
	})
}

// lifecycle installs and uninstalls a preset. While it is ready, check is called if given.
func (s simulation) lifecycle(t *testing.T, preset string, check func(namespace string)) {
	root, err := state.Repository()
	require.NoError(t, err)
	stack := test.Preset(preset)
	stack.Namespace = "sluice-" + preset
	r := release.Release{Kubeconfig: s.Kubeconfig, Namespace: stack.Namespace, Name: stack.Release}
	require.NoError(t, r.EnsureNamespace(t.Context(), s.client))
	require.NoError(t, r.Uninstall(), "of an earlier run whose cluster was kept")

	rendered, err := stack.Render()
	require.NoError(t, err)
	s.checkStrictly(t, stack.Namespace, rendered.Manifests)

	timed(t, preset+" ready", func() {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		values := filepath.Join(root, stack.Values[0])
		require.NoError(t, r.Apply(ctx, filepath.Join(root, "charts", "sluice"), []string{values}, nil))
		require.NoError(t, r.Wait(ctx, s.client, func(string, ...any) {}))
	})
	s.checkThatPrivilegedPodsAreRefused(t, stack.Namespace)
	s.checkNodes(t, stack.Namespace)
	if check != nil {
		check(stack.Namespace)
	}

	timed(t, preset+" uninstalled", func() {
		claims := s.claims(t, stack.Namespace)
		require.NotEmpty(t, claims)
		require.NoError(t, r.Uninstall())
		s.checkNothingIsLeftBut(t, claims, stack.Namespace, stack.Release)
	})
}
