package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/dashboards"
	"sluice/internal/state"
)

// dashboardFiles is where the chart has them.
const dashboardFiles = "charts/sluice/charts/grafana/files/dashboards"

// The files are what the package dashboards describes, and there are no others. This test stands before the goldens':
// with -update, they have the new dashboards.
func TestDashboardsAreGenerated(t *testing.T) {
	var names []string
	for _, d := range dashboards.All() {
		t.Run(d.Name, func(t *testing.T) {
			content, err := d.JSON()
			require.NoError(t, err)
			compare(t, filepath.Join(dashboardFiles, d.Name+".json"), string(content))
		})
		names = append(names, d.Name+".json")
	}
	root, err := state.Repository()
	require.NoError(t, err)
	entries, err := os.ReadDir(filepath.Join(root, dashboardFiles))
	require.NoError(t, err)
	for _, entry := range entries {
		assert.Contains(t, names, entry.Name(), "no dashboard of dashboards.All() is called so: delete the file")
	}
}
