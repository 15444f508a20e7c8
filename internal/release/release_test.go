package release

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	kubefake "helm.sh/helm/v3/pkg/kube/fake"
	helm "helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"
)

// remembered is a Helm configuration that keeps releases in memory, with one revision for each status.
func remembered(t *testing.T, statuses ...helm.Status) *action.Configuration {
	t.Helper()
	config := &action.Configuration{
		Releases:     storage.Init(driver.NewMemory()),
		KubeClient:   &kubefake.PrintingKubeClient{Out: io.Discard, LogOutput: io.Discard},
		Capabilities: chartutil.DefaultCapabilities,
		Log:          t.Logf,
	}
	for i, status := range statuses {
		require.NoError(t, config.Releases.Create(&helm.Release{
			Name: "r", Namespace: "ns", Version: i + 1, Info: &helm.Info{Status: status},
			Chart: &chart.Chart{Metadata: &chart.Metadata{Name: "c", Version: "1.0.0"}},
			// What tells the revisions apart after a rollback.
			Config: map[string]any{"revision": i + 1},
		}))
	}
	return config
}

func TestRecover(t *testing.T) {
	const (
		deployed, superseded, failed   = helm.StatusDeployed, helm.StatusSuperseded, helm.StatusFailed
		installing, upgrading, rolling = helm.StatusPendingInstall, helm.StatusPendingUpgrade, helm.StatusPendingRollback
		removing, removed              = helm.StatusUninstalling, helm.StatusUninstalled
	)
	for name, c := range map[string]struct {
		before    []helm.Status
		installed bool
		revision  int // whose values the last revision then has; 0: no revision is left
		revisions int
	}{
		"none":                                 {nil, false, 0, 0},
		"deployed":                             {[]helm.Status{deployed}, true, 1, 1},
		"failed, which an upgrade mends":       {[]helm.Status{deployed, failed}, true, 2, 2},
		"killed while it was installed":        {[]helm.Status{installing}, false, 0, 0},
		"killed while a failed one was mended": {[]helm.Status{failed, upgrading}, false, 0, 0},
		"killed while it was upgraded":         {[]helm.Status{deployed, upgrading}, true, 1, 3},
		"killed after upgrades":                {[]helm.Status{superseded, superseded, deployed, upgrading}, true, 3, 5},
		"killed after an upgrade that failed":  {[]helm.Status{deployed, failed, upgrading}, true, 1, 4},
		"killed while it was rolled back":      {[]helm.Status{superseded, failed, rolling}, true, 1, 4},
		"killed while it was uninstalled":      {[]helm.Status{superseded, removing}, false, 0, 0},
		"uninstalled, with its history kept":   {[]helm.Status{superseded, removed}, false, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			config := remembered(t, c.before...)
			installed, err := ours.recover(config)
			require.NoError(t, err)
			require.Equal(t, c.installed, installed)

			history, err := config.Releases.History("r")
			if c.revision == 0 {
				require.ErrorIs(t, err, driver.ErrReleaseNotFound)
				return
			}
			require.NoError(t, err)
			require.Len(t, history, c.revisions)
			last, err := config.Releases.Last("r")
			require.NoError(t, err)
			require.Equal(t, map[string]any{"revision": c.revision}, last.Config)
			require.False(t, last.Info.Status.IsPending())
		})
	}
}

// The state that recover leaves is one that Helm goes on from.
func TestRecoveredReleasesCanBeApplied(t *testing.T) {
	config := remembered(t, helm.StatusDeployed, helm.StatusFailed, helm.StatusPendingUpgrade)
	_, err := ours.recover(config)
	require.NoError(t, err)
	last, err := config.Releases.Last("r")
	require.NoError(t, err)
	_, err = action.NewUpgrade(config).Run("r", last.Chart, nil)
	require.NoError(t, err)

	config = remembered(t, helm.StatusUninstalling)
	_, err = ours.recover(config)
	require.NoError(t, err)
	install := action.NewInstall(config)
	install.ReleaseName, install.Namespace = "r", "ns"
	_, err = install.Run(last.Chart, nil)
	require.NoError(t, err)
}

func TestUninstallOfNone(t *testing.T) {
	require.NoError(t, ours.uninstall(remembered(t)))
}
