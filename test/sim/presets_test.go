//go:build sim

package sim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/test"
)

// Every preset is accepted by a real API server, gets ready on nodes of the size it is made for, in a namespace
// that enforces Pod Security "restricted", and leaves nothing but its volumes behind.
func TestPresets(t *testing.T) {
	s := start(t, onePool(2))
	t.Run("dev", func(t *testing.T) { s.lifecycle(t, "dev", nil) })
	s.killSimulator(t) // the next one takes over its nodes
	s.nodesOf(t, prodPools)
	t.Run("prod", func(t *testing.T) {
		s.lifecycle(t, "prod", func(namespace string) {
			for _, component := range quorums {
				assert.Equal(t, zones, s.zonesOf(t, namespace, component), "zones of the pods of %s", component)
			}
			s.checkPools(t, namespace)
		})
	})
}

// quorums are the components that stop when more than one of their three pods is away.
var quorums = []string{"zookeeper", "kafka", "elasticsearch"}

// lifecycle installs and uninstalls a preset. While it is ready, check is called if given.
func (s simulation) lifecycle(t *testing.T, preset string, check func(namespace string)) {
	stack := test.Preset(preset)
	stack.Namespace = "sluice-" + preset
	r := s.emptyRelease(t, stack.Namespace)
	rendered, err := stack.Render()
	require.NoError(t, err)
	s.checkStrictly(t, stack.Namespace, rendered.Manifests)

	timed(t, preset+" ready", func() { s.apply(t, r, chartDir(t), stack.Values[0]) })
	s.checkThatPrivilegedPodsAreRefused(t, stack.Namespace)
	s.checkNodes(t, stack.Namespace)
	if check != nil {
		check(stack.Namespace)
	}
	timed(t, preset+" uninstalled", func() { s.uninstall(t, r) })
}
