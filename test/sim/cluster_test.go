//go:build sim

// Package sim installs the chart into a real API server whose nodes are simulated: what scheduling, admission
// and the controllers do is real, only the containers are not.
package sim

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/cluster"
	"sluice/internal/engine"
	"sluice/internal/images"
	"sluice/internal/kube"
	"sluice/internal/state"
)

const timeout = 10 * time.Minute // for anything that the cluster does, on a machine that has much else to do

// simulation is the sim cluster and the test's connection to it.
type simulation struct {
	*cluster.Cluster
	client *kube.Client
}

// TestMain deletes the cluster, which all tests share, unless SLUICE_KEEP=1.
func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("SLUICE_KEEP") != "1" {
		if err := deleteCluster(); err != nil {
			fmt.Fprintln(os.Stderr, "the sim cluster:", err)
			code = 1
		}
	}
	os.Exit(code)
}

func deleteCluster() error {
	c, err := cluster.New("sim")
	if err != nil {
		return err
	}
	return c.Delete(context.Background())
}

// start creates the cluster, or takes the one of the test before, with nodes of these pools.
func start(t *testing.T, pools []cluster.NodePool) simulation {
	t.Helper()
	require.True(t, engine.Answers(t.Context()), "no Docker engine answers: start one, `make up` shows how")
	c, err := cluster.New("sim")
	require.NoError(t, err)
	root, err := state.Repository()
	require.NoError(t, err)
	plan, err := images.NewPlan(t.Context(), root, cmp.Or(os.Getenv("IMAGES"), images.Auto))
	require.NoError(t, err)
	timed(t, "cluster "+c.Name, func() {
		last := "nothing"
		err := c.Ensure(t.Context(), plan.NodeImage(), func(format string, args ...any) { last = fmt.Sprintf(format, args...) })
		require.NoError(t, err, "after %q, with the node image %q: `make images` gets it", last, plan.NodeImage())
	})
	client, err := kube.New(c.Kubeconfig)
	require.NoError(t, err)
	s := simulation{c, client}
	s.nodesOf(t, pools)
	return s
}

// killSimulator ends KWOK as a crash would.
func (s simulation) killSimulator(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(s.Kubeconfig), "kwok.pid"))
	require.NoError(t, err)
	pid, err := strconv.Atoi(string(text))
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
}

func timed(t *testing.T, title string, f func()) {
	t.Helper()
	began := time.Now()
	f()
	t.Logf("%s: %.1f s", title, time.Since(began).Seconds())
}
