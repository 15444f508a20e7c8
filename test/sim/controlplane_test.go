//go:build sim

package sim

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// The control plane runs with every flag that the topology asks for: kind says nothing about a patch that it ignores.
func TestControlPlaneHasItsFlags(t *testing.T) {
	s := start(t, onePool(1))
	for component, flags := range topologyFlags(t) {
		require.NotEmpty(t, flags, component)
		pod, err := s.client.CoreV1().Pods(metav1.NamespaceSystem).Get(t.Context(), component+"-"+s.Name+"-control-plane", metav1.GetOptions{})
		require.NoError(t, err)
		for flag, value := range flags {
			assert.Contains(t, pod.Spec.Containers[0].Command, "--"+flag+"="+value, component)
		}
	}
}

// topologyFlags are the flags in topologies/sim.yaml, by the name of their component's static pod.
func topologyFlags(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "internal", "cluster", "topologies", "sim.yaml"))
	require.NoError(t, err)
	var topology struct{ KubeadmConfigPatches []string }
	require.NoError(t, yaml.Unmarshal(text, &topology))
	type component struct{ ExtraArgs map[string]string }
	for _, patch := range topology.KubeadmConfigPatches {
		var config struct {
			Kind                         string
			Etcd                         struct{ Local component }
			ControllerManager, Scheduler component
		}
		require.NoError(t, yaml.Unmarshal([]byte(patch), &config))
		if config.Kind == "ClusterConfiguration" {
			return map[string]map[string]string{
				"etcd":                    config.Etcd.Local.ExtraArgs,
				"kube-controller-manager": config.ControllerManager.ExtraArgs,
				"kube-scheduler":          config.Scheduler.ExtraArgs,
			}
		}
	}
	t.Fatal("topologies/sim.yaml patches no ClusterConfiguration")
	return nil
}
