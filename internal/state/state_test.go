package state

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/usage"
)

func TestDir(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	t.Setenv("SLUICE_HOME", home)
	dir, err := Dir("a", "b")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(home, "a", "b"), dir)
	require.DirExists(t, dir)

	t.Setenv("SLUICE_HOME", "")
	t.Setenv("HOME", home)
	dir, err = Dir("dev")
	require.NoError(t, err)
	require.Equal(t, filepath.Join(home, ".sluice", "dev"), dir)
	require.DirExists(t, dir)

	t.Setenv("HOME", "")
	_, err = Dir("dev")
	require.ErrorContains(t, err, "set SLUICE_HOME")
	require.Equal(t, 2, usage.ExitCode(err))
}

// checkout is a folder with the go.mod of the product and, deeper, one of another module.
func checkout(t *testing.T, module string) (root, deeper string) {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir()) // as Getwd gives it
	require.NoError(t, err)
	deeper = filepath.Join(root, "tools", "lint", "sub")
	require.NoError(t, os.MkdirAll(deeper, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), []byte("module "+module+"\n\ngo 1.26\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, "tools", "lint", "go.mod"), []byte("module sluice/tools/lint\n"), 0o644))
	return root, deeper
}

func TestRepository(t *testing.T) {
	root, deeper := checkout(t, "sluice")
	for _, dir := range []string{root, deeper} {
		t.Chdir(dir)
		found, err := Repository()
		require.NoError(t, err)
		require.Equal(t, root, found)
	}
}

func TestNoRepository(t *testing.T) {
	_, deeper := checkout(t, "sluicegate")
	t.Chdir(deeper)
	_, err := Repository()
	require.ErrorContains(t, err, deeper+" is not inside a Sluice checkout")
	require.Equal(t, 2, usage.ExitCode(err))
}
