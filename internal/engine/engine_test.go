package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/usage"
)

func TestNeedSaysWhatIsMissing(t *testing.T) {
	require.NoError(t, Need(t.Context(), "go", "golang"))

	t.Setenv("PATH", t.TempDir()) // neither the program nor apt-get
	err := Need(t.Context(), "mvn", "maven")
	require.ErrorContains(t, err, "mvn is not on PATH: install it (Debian: apt-get install maven)")
	require.Equal(t, 2, usage.ExitCode(err))
}

func TestLacksCapability(t *testing.T) {
	for name, c := range map[string]struct {
		status string
		lacks  bool
	}{
		"full set":             {"CapEff:\t0\nCapBnd:\t000001ffffffffff\n", false},
		"without SYS_RESOURCE": {"CapBnd:\t000001fffeffffff\nCapAmb:\t0\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			lacks, err := lacksCapability(c.status, capSysRes)
			require.NoError(t, err)
			require.Equal(t, c.lacks, lacks)
		})
	}
	_, err := lacksCapability("Name:\tx\n", capSysRes)
	require.ErrorContains(t, err, "no CapBnd line")
}

func TestRunningPidIsOnlyADockerd(t *testing.T) {
	dir := t.TempDir()
	_, ours := runningPid(dir)
	require.False(t, ours, "no pid file")

	// Pid 1 runs, but it is no dockerd: a pid that was given to another program must never be killed.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dockerd.pid"), []byte("1"), 0o644))
	_, ours = runningPid(dir)
	require.False(t, ours)
}
