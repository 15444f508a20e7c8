package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInstall(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, name := range []string{"agent.jar", "other.jar"} {
		require.NoError(t, os.WriteFile(filepath.Join(from, name), []byte("content of "+name), 0o600))
	}

	// Twice: a restarted pod finds its volume as it was.
	for range 2 {
		require.NoError(t, installAll(from, to))
	}

	copied, err := os.ReadDir(to)
	require.NoError(t, err)
	require.Len(t, copied, 2, "no temporary file is left")
	for _, entry := range copied {
		info, err := entry.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o644), info.Mode(), "any user's JVM can read it")
		content, err := os.ReadFile(filepath.Join(to, entry.Name()))
		require.NoError(t, err)
		require.Equal(t, "content of "+entry.Name(), string(content))
	}
}

func TestInstallErrors(t *testing.T) {
	from := t.TempDir()
	require.ErrorContains(t, installAll(from, t.TempDir()), "is empty")
	require.Error(t, installAll(filepath.Join(from, "missing"), t.TempDir()), "no files")
	require.NoError(t, os.WriteFile(filepath.Join(from, "agent.jar"), []byte("jar"), 0o600))
	require.Error(t, installAll(from, filepath.Join(t.TempDir(), "missing")), "no folder")
}
