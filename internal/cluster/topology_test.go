package cluster

import (
	"fmt"
	"io/fs"
	"net"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"

	"sluice/internal/usage"
)

// kind's own strict parser is internal to it: it would tell of a misspelt key only when a cluster is made.
func TestTopologies(t *testing.T) {
	files, err := fs.Glob(topologies, "topologies/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, len(Topologies), "files that no topology names: %v", files)
	for _, name := range Topologies {
		t.Run(name, func(t *testing.T) {
			text, err := topology(name)
			require.NoError(t, err)
			var parsed v1alpha4.Cluster
			require.NoError(t, yaml.UnmarshalStrict(text, &parsed))
			require.Equal(t, v1alpha4.TypeMeta{Kind: "Cluster", APIVersion: "kind.x-k8s.io/v1alpha4"}, parsed.TypeMeta)
			require.True(t, slices.ContainsFunc(parsed.Nodes, func(n v1alpha4.Node) bool { return n.Role == v1alpha4.ControlPlaneRole }))
			for _, node := range parsed.Nodes {
				for _, mapping := range node.ExtraPortMappings {
					require.Equal(t, "127.0.0.1", mapping.ListenAddress, "nothing asks for a password: port %d must not leave the machine", mapping.HostPort)
				}
			}
			for _, patch := range parsed.KubeadmConfigPatches {
				var object struct{ APIVersion, Kind string }
				require.NoError(t, yaml.Unmarshal([]byte(patch), &object))
				require.NotEmpty(t, object.APIVersion)
				require.NotEmpty(t, object.Kind)
			}
		})
	}
}

func TestUnknownTopology(t *testing.T) {
	for _, err := range []error{
		CheckTopology("prod"),
		func() error { _, err := New("prod"); return err }(),
	} {
		require.EqualError(t, err, `unknown topology "prod": set --topology to one of dev, zones, sim`)
		require.Equal(t, 2, usage.ExitCode(err))
	}
}

func TestCheckHostPorts(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	config := fmt.Appendf(nil, "nodes:\n- extraPortMappings:\n  - {containerPort: 1, hostPort: %d, listenAddress: 127.0.0.1}\n", port)

	err = checkHostPorts(config)
	require.ErrorContains(t, err, fmt.Sprintf("127.0.0.1:%d is taken", port))
	require.Equal(t, 2, usage.ExitCode(err))

	require.NoError(t, listener.Close())
	require.NoError(t, checkHostPorts(config))
	require.NoError(t, checkHostPorts(config), "the check itself keeps no port")
}

func TestHostAddress(t *testing.T) {
	config, err := topology("dev")
	require.NoError(t, err)
	address, err := (&Cluster{config: config}).HostAddress(30090)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:30090", address)
	address, err = (&Cluster{config: config}).HostAddress(30091)
	require.NoError(t, err)
	require.Empty(t, address, "not mapped")
}
