package main

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWatched(t *testing.T) {
	var w watched
	require.False(t, w.look(time.Second, 0, 0, 100))
	require.False(t, w.look(2*time.Second, 20, 0, 100))
	require.False(t, w.look(3*time.Second, 60, 0, 100))
	require.True(t, w.look(4*time.Second, 100, 0, 100))
	require.Equal(t, 2*time.Second, w.first)
	require.Equal(t, 4*time.Second, w.last)
	require.InDelta(t, 40, w.rate(), 0)
}

// What stands still is done, however many are missing; what is refused again and again is still at work.
func TestWatchedLoss(t *testing.T) {
	var w watched
	require.False(t, w.look(time.Second, 50, 0, 100))
	require.False(t, w.look(15*time.Second, 50, 7, 100))
	require.False(t, w.look(30*time.Second, 50, 7, 100))
	require.True(t, w.look(36*time.Second, 50, 7, 100))
	require.Equal(t, 15*time.Second, w.last)

	var none watched
	require.False(t, none.look(time.Hour, 0, 0, 100), "another limit is for the first document")
}

func TestWatchedAtOnce(t *testing.T) {
	var w watched
	require.True(t, w.look(2*time.Second, 100, 0, 100))
	require.InDelta(t, 50, w.rate(), 0)
}

func TestProcess(t *testing.T) {
	p, err := start(exec.Command("sh", "-c", "echo here; i=0; while :; do i=$((i+1)); done"))
	require.NoError(t, err)
	time.Sleep(300 * time.Millisecond)
	require.NoError(t, p.alive())
	require.NoError(t, p.idle())
	before := p.before
	require.Positive(t, before)
	require.Less(t, before, 0.4, "of this process, and in seconds")
	time.Sleep(100 * time.Millisecond)
	child, err := p.stop()
	require.NoError(t, err)
	require.Positive(t, child.CPUSeconds)
	require.InDelta(t, p.command.ProcessState.UserTime().Seconds()+p.command.ProcessState.SystemTime().Seconds()-before, child.CPUSeconds, 1e-9)
	require.Positive(t, child.MaxMemory)
	require.Less(t, child.MaxMemory, int64(16<<20), "a shell is small, whatever this program has")
	require.Equal(t, "here\n", p.printed.text())
	p.kill() // of what has ended does nothing
}

func TestProcessThatEnds(t *testing.T) {
	p, err := start(exec.Command("sh", "-c", "echo no broker; exit 2"))
	require.NoError(t, err)
	<-p.ended
	require.ErrorContains(t, p.alive(), "exit status 2\nno broker\n")
	_, err = start(exec.Command("/nonexistent"))
	require.Error(t, err)
}

func TestTail(t *testing.T) {
	var long tail
	for range 10_000 {
		_, err := long.Write([]byte("0123456789"))
		require.NoError(t, err)
	}
	_, err := long.Write([]byte("end"))
	require.NoError(t, err)
	require.Len(t, long.text(), tailBytes)
	require.Equal(t, "789end", long.text()[tailBytes-6:])
}
