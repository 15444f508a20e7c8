package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/kubernetes/fake"
)

// patient is a program that stays, in place of KWOK.
func patient(t *testing.T) kwok {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range stageFolders {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, folder), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, folder, "stage.yaml"), nil, 0o644))
	}
	binary := filepath.Join(dir, "kwok")
	require.NoError(t, os.WriteFile(binary, []byte("#!/bin/sh\nexec sleep 60\n"), 0o755))
	return kwok{binary: binary, stages: dir}
}

func kwokOf(t *testing.T, c *Cluster) int {
	t.Helper()
	pid, err := c.kwokPid()
	require.NoError(t, err)
	return pid
}

func TestKwokIsStartedOnceAndStopped(t *testing.T) {
	c, program := &Cluster{dir: t.TempDir()}, patient(t)
	assert.Zero(t, kwokOf(t, c), "before the start")

	require.NoError(t, c.runKwok(t.Context(), fake.NewClientset(), program))
	first := kwokOf(t, c)
	require.NotZero(t, first)
	require.NoError(t, c.runKwok(t.Context(), fake.NewClientset(), program))
	assert.Equal(t, first, kwokOf(t, c), "started again although it ran")

	require.NoError(t, c.stopKwok())
	assert.Eventually(t, func() bool { return kwokOf(t, c) == 0 }, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, c.stopKwok(), "none runs")
	require.NoError(t, c.runKwok(t.Context(), fake.NewClientset(), program))
	assert.NotEqual(t, first, kwokOf(t, c))
	require.NoError(t, c.stopKwok())
}

// The pid of a KWOK that ended may belong to anyone by now.
func TestStopSparesAProcessThatTookThePid(t *testing.T) {
	c := &Cluster{dir: t.TempDir()}
	other := exec.Command("sleep", "60")
	require.NoError(t, other.Start())
	defer func() {
		assert.NoError(t, other.Process.Signal(syscall.Signal(0)), "it was killed")
		require.NoError(t, other.Process.Kill())
		_ = other.Wait()
	}()
	require.NoError(t, os.WriteFile(c.kwokFile("pid"), []byte(strconv.Itoa(other.Process.Pid)), 0o644))
	require.NoError(t, c.stopKwok())
}

func TestMissingStagesAreNamed(t *testing.T) {
	program := patient(t)
	require.NoError(t, os.RemoveAll(filepath.Join(program.stages, "volume")))
	_, err := program.stageFiles()
	assert.ErrorContains(t, err, "volume/fast")
}
