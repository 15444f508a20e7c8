//go:build e2e

package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every component says by its own `helm test` pod that it does its job.
func TestHelmTest(t *testing.T) {
	c := connect(t)
	r := c.Helm()
	tested, err := r.Test(3 * time.Minute)
	require.NoError(t, err)
	require.NotEmpty(t, tested, "the release has no test pods")
	for _, pod := range tested {
		assert.NoError(t, pod.Err, "%s: see `kubectl -n %s logs %s`\n%s", pod.Pod, namespace, pod.Pod, pod.Log)
		t.Logf("%s: succeeded: %t", pod.Pod, pod.Err == nil)
	}
}
