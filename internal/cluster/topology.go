package cluster

import (
	"embed"
	"fmt"
	"net"
	"slices"
	"strings"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"

	"sluice/internal/usage"
)

//go:embed topologies/*.yaml
var topologies embed.FS

// Topologies are the names that New takes, with what each is for in topologies/<name>.yaml.
var Topologies = []string{"dev", "zones", "sim"}

// CheckTopology returns a usage error unless there is a topology of that name.
func CheckTopology(name string) error {
	if !slices.Contains(Topologies, name) {
		return usage.Errorf("unknown topology %q: set --topology to one of %s", name, strings.Join(Topologies, ", "))
	}
	return nil
}

func topology(name string) ([]byte, error) {
	if err := CheckTopology(name); err != nil {
		return nil, err
	}
	return topologies.ReadFile("topologies/" + name + ".yaml")
}

// hostPorts are the mappings of node ports to ports of this machine.
func hostPorts(config []byte) ([]v1alpha4.PortMapping, error) {
	var parsed v1alpha4.Cluster
	if err := yaml.Unmarshal(config, &parsed); err != nil {
		return nil, err
	}
	var all []v1alpha4.PortMapping
	for _, node := range parsed.Nodes {
		all = append(all, node.ExtraPortMappings...)
	}
	return all, nil
}

// checkHostPorts fails when a port that the topology maps to the machine is taken, since docker's own
// message for that does not say what to do.
func checkHostPorts(config []byte) error {
	mappings, err := hostPorts(config)
	if err != nil {
		return err
	}
	for _, mapping := range mappings {
		address := fmt.Sprintf("%s:%d", mapping.ListenAddress, mapping.HostPort)
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return usage.Errorf("%s is taken (%w): stop the program that listens there (ss -ltnp 'sport = :%d')", address, err, mapping.HostPort)
		}
		listener.Close()
	}
	return nil
}

// HostAddress is where a node port answers on this machine, "" if the topology does not map it.
func (c *Cluster) HostAddress(nodePort int32) (string, error) {
	mappings, err := hostPorts(c.config)
	for _, mapping := range mappings {
		if mapping.ContainerPort == nodePort {
			return fmt.Sprintf("%s:%d", mapping.ListenAddress, mapping.HostPort), nil
		}
	}
	return "", err
}
