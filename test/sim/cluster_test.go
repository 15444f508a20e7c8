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
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"sluice/internal/cluster"
	"sluice/internal/engine"
	"sluice/internal/images"
	"sluice/internal/kube"
	"sluice/internal/state"
)

const (
	nodesPerZone = 2
	timeout      = 2 * time.Minute // for anything that the cluster does
)

var zones = []string{"a", "b", "c"}

// simulation is the sim cluster and the test's connection to it.
type simulation struct {
	*cluster.Cluster
	client *kube.Client
}

// start creates the cluster, and deletes it when the test ends, unless SLUICE_KEEP=1.
func start(t *testing.T) simulation {
	t.Helper()
	require.True(t, engine.Answers(t.Context()), "no Docker engine answers: start one, `make up` shows how")
	c, err := cluster.New("sim")
	require.NoError(t, err)
	if os.Getenv("SLUICE_KEEP") != "1" {
		t.Cleanup(func() { require.NoError(t, c.Delete(context.Background())) })
	}
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
	client.Config.QPS = -1 // no limit of our own
	client.Interface, err = kubernetes.NewForConfig(client.Config)
	require.NoError(t, err)
	return simulation{c, client}
}

// nodesOf makes every simulated node as large as given.
func (s simulation) nodesOf(t *testing.T, cpu, memory string) {
	t.Helper()
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(cpu),
		corev1.ResourceMemory: resource.MustParse(memory),
	}
	timed(t, fmt.Sprintf("%d nodes of %s CPU, %s", len(zones)*nodesPerZone, cpu, memory), func() {
		require.NoError(t, s.Simulate(t.Context(), zones, nodesPerZone, capacity))
	})
	nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: corev1.LabelTopologyZone})
	require.NoError(t, err)
	require.Len(t, nodes.Items, len(zones)*nodesPerZone)
	for _, node := range nodes.Items {
		require.Equal(t, cpu, node.Status.Allocatable.Cpu().String(), node.Name)
		require.Equal(t, memory, node.Status.Allocatable.Memory().String(), node.Name)
	}
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
