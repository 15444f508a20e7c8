package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInstall(t *testing.T) {
	from := filepath.Join(t.TempDir(), "agent.jar")
	require.NoError(t, os.WriteFile(from, []byte("jar"), 0o600))
	dir := t.TempDir()

	// Twice: a restarted pod finds its volume as it was.
	for range 2 {
		require.NoError(t, install(from, dir))
	}

	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "no temporary file is left")
	info, err := files[0].Info()
	require.NoError(t, err)
	require.Equal(t, "agent.jar", info.Name())
	require.Equal(t, os.FileMode(0o644), info.Mode(), "any user's JVM can read it")
}

func TestInstallErrors(t *testing.T) {
	from := filepath.Join(t.TempDir(), "agent.jar")
	require.Error(t, install(from, t.TempDir()), "no agent")
	require.NoError(t, os.WriteFile(from, []byte("jar"), 0o600))
	require.Error(t, install(from, filepath.Join(t.TempDir(), "missing")), "no folder")
}
