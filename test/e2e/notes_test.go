//go:build e2e

package e2e

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/test/live"
)

var forward = regexp.MustCompile(`^kubectl .* port-forward service/\S+ (\d+)$`)

// TestNotes runs the commands that the release's NOTES print, on a node of the cluster: kubectl is there, of the
// cluster's own version.
func TestNotes(t *testing.T) {
	c := connect(t)
	notes, err := c.Helm().Notes()
	require.NoError(t, err)
	node, _, err := c.Process(t.Context(), release+"-kafka-0")
	require.NoError(t, err)
	ran := 0
	for line := range strings.Lines(notes) {
		command, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "  ")
		if !indented {
			continue
		}
		t.Run(command, func(t *testing.T) {
			script := command
			if strings.HasPrefix(command, "helm ") {
				t.Skip("the node has no helm; TestHelmTest does the same through its library")
			}
			if port := forward.FindStringSubmatch(command); port != nil {
				// It ends with the forwarding, so that a node that can't forward is told apart from a page that is not there.
				script = "timeout 30 " + command + " & curl -sS --fail --retry 20 --retry-connrefused --retry-delay 1 -o /dev/null localhost:" + port[1] + "; code=$?; kill %1; exit $code"
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			output, err := live.Docker(ctx, "exec", "--env", "KUBECONFIG=/etc/kubernetes/admin.conf", node, "bash", "-m", "-o", "pipefail", "-c", script)
			require.NoError(t, err, output)
			require.NotContains(t, output, `"error"`, "Elasticsearch answers with an error")
			t.Log(output)
			ran++
		})
	}
	require.GreaterOrEqual(t, ran, 5, "commands in:\n%s", notes)
}
