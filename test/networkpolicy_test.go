package test

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"sluice/test/network"
)

// variants are the stacks between which every component runs once.
var variants = map[string]table{
	"dev with Logstash":     {},
	"dev with indexer":      {"logstash": table{"enabled": false}, "indexer": table{"enabled": true}},
	"dev without ZooKeeper": {"kafka": table{"mode": "kraft"}, "zookeeper": table{"enabled": false}},
}

func withPolicies(t *testing.T, variant table, policies table) []object {
	t.Helper()
	set := table{"networkPolicies": policies}
	policies["enabled"] = true
	maps.Copy(set, variant)
	return with(t, "dev", set)
}

// Between all pairs of pods, on all ports that are open or that a policy names: who may connect to whom.
func TestConnections(t *testing.T) {
	allowed := map[string]map[string]bool{} // component and port: clients
	for _, variant := range variants {
		objects := withPolicies(t, variant, table{})
		policies := of[*networkingv1.NetworkPolicy](objects)
		for _, server := range workloads(objects) {
			for _, port := range portsOf(server, policies) {
				for _, client := range workloads(objects) {
					if !network.Allows(policies, client.template.Labels, server.template.Labels, port) {
						continue
					}
					key := fmt.Sprintf("%s %d/%s", componentOf(server), port.Number, port.Protocol)
					if allowed[key] == nil {
						allowed[key] = map[string]bool{}
					}
					allowed[key][componentOf(client)] = true
				}
			}
		}
	}
	var matrix strings.Builder
	for _, key := range slices.Sorted(maps.Keys(allowed)) {
		fmt.Fprintf(&matrix, "%s <- %s\n", key, strings.Join(slices.Sorted(maps.Keys(allowed[key])), ", "))
	}
	compare(t, filepath.Join("test", "testdata", "connections.golden.txt"), matrix.String())
}

func componentOf(w workload) string { return w.template.Labels["app.kubernetes.io/name"] }

// portsOf are the ports of a pod's containers, and those of the policies.
func portsOf(w workload, policies []*networkingv1.NetworkPolicy) []network.Port {
	ports := map[network.Port]bool{}
	for _, c := range containers(w.template.Spec) {
		for _, port := range c.Ports {
			ports[network.Port{Number: port.ContainerPort, Protocol: corev1.ProtocolTCP}] = true
		}
	}
	for _, policy := range policies {
		for _, rule := range policy.Spec.Ingress {
			for _, port := range rule.Ports {
				ports[network.Port{Number: port.Port.IntVal, Protocol: *port.Protocol}] = true
			}
		}
	}
	return slices.Collect(maps.Keys(ports))
}

// sharedSettings are hosts in a file that several components read, and that not all of them ask.
var sharedSettings = map[string]string{
	"spark-history-server": "spark-master",
	"spark-master":         "spark-master",
	"spark-worker-test":    "spark-master", // compares only what the worker says
}

var hostAndPort = regexp.MustCompile(`(?:_([a-z]+)\._tcp\.)?(?:sluice-[a-z]+-[0-9]+\.)?(sluice-[a-z-]+)\.sluice\.svc\.cluster\.local(?::([0-9]+))?`)

// What a component is told to connect to, it may connect to.
func TestConfiguredHostsCanBeReached(t *testing.T) {
	for name, variant := range variants {
		t.Run(name, func(t *testing.T) {
			objects := withPolicies(t, variant, table{})
			policies := of[*networkingv1.NetworkPolicy](objects)
			found := 0
			for _, client := range workloads(objects) {
				for _, match := range hostAndPort.FindAllStringSubmatch(settingsOf(t, objects, client), -1) {
					for _, server := range behind(objects, match[2]) {
						if sharedSettings[componentOf(client)] == componentOf(server) {
							continue
						}
						found++
						ports := portsOf(server, nil)
						if number, err := strconv.Atoi(match[3]); err == nil {
							ports = []network.Port{{Number: int32(number), Protocol: corev1.ProtocolTCP}}
						}
						assert.True(t, slices.ContainsFunc(ports, func(port network.Port) bool {
							return network.Allows(policies, client.template.Labels, server.template.Labels, port)
						}), "%s is told to connect to %s, which the policies refuse", componentOf(client), match[0])
					}
				}
			}
			assert.Greater(t, found, 30, "hosts in settings")
		})
	}
}

// settingsOf is all text that a pod is given: its own, and that of the ConfigMaps which it mounts.
func settingsOf(t *testing.T, objects []object, w workload) string {
	t.Helper()
	text, err := yaml.Marshal(w.template.Spec)
	assert.NoError(t, err)
	for _, volume := range w.template.Spec.Volumes {
		if volume.ConfigMap != nil {
			for _, content := range named[*corev1.ConfigMap](t, objects, volume.ConfigMap.Name).Data {
				text = append(text, content...)
			}
		}
	}
	return string(text)
}

// behind are the workloads of a Service; none if it is not rendered.
func behind(objects []object, service string) []workload {
	for _, s := range of[*corev1.Service](objects) {
		if s.Name == service {
			return slices.DeleteFunc(workloads(objects), func(w workload) bool { return !maps.Equal(s.Spec.Selector, w.template.Labels) })
		}
	}
	return nil
}

// Peers count as the component after which they are called.
func TestPeers(t *testing.T) {
	gateway := table{"namespaceSelector": table{"matchLabels": table{"kubernetes.io/metadata.name": "ingress"}}}
	objects := withPolicies(t, table{}, table{"peers": table{"users": []any{gateway}}})
	var open []string
	for _, policy := range of[*networkingv1.NetworkPolicy](objects) {
		for _, rule := range policy.Spec.Ingress {
			for _, peer := range rule.From {
				if peer.NamespaceSelector != nil {
					assert.Equal(t, "ingress", peer.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"])
					open = append(open, fmt.Sprintf("%s %d", policy.Name, rule.Ports[0].Port.IntVal))
				}
			}
		}
	}
	assert.ElementsMatch(t, []string{"sluice-alertmanager 9093", "sluice-app-service 8000", "sluice-grafana 3000", "sluice-kibana 5601", "sluice-prometheus 9090",
		"sluice-spark-history-server 18080", "sluice-spark-master 8080", "sluice-spark-streaming-job 4040", "sluice-spark-worker 8081"}, open)

	stack := Preset("dev")
	stack.Set = table{"networkPolicies": table{"enabled": true, "peers": table{"user": []any{gateway}}}}
	_, err := stack.Render()
	assert.ErrorContains(t, err, "networkPolicies.peers.user: there is no component of that name: use one of alertmanager, ")
}
