package compose

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
)

// target is a pod that a headless Service names, and the Service's ports.
type target struct {
	host  string
	ports map[string]int32
}

// portsByName are the targets behind the headless Services of all profiles.
func portsByName(variants []*variant) map[string]target {
	found := map[string]target{}
	for _, v := range variants {
		for _, p := range v.pods {
			for _, service := range v.servicesOf(p) {
				if service.Spec.ClusterIP != corev1.ClusterIPNone {
					continue
				}
				t := target{host: p.name, ports: map[string]int32{}}
				if service.Name == p.headless {
					t.host += "." + fullName(service.Name)
				}
				for _, port := range service.Spec.Ports {
					t.ports[port.Name] = port.Port
				}
				found[fullName(service.Name)] = t
			}
		}
	}
	return found
}

// addresses rewrites Prometheus' discovery in a configuration: Docker's DNS knows no SRV records, so the
// pods are looked up by their names, and the port is a number. All else stays as the chart has it.
func addresses(text string, targets map[string]target) (string, error) {
	if !strings.Contains(text, "dns_sd_configs:") {
		return text, nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return "", err
	}
	if err := rewrite(&document, targets); err != nil {
		return "", err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(&document)
	return out.String(), err
}

// discovery is one entry of dns_sd_configs.
type discovery struct {
	Names []string `yaml:"names,flow"`
	Type  string   `yaml:"type,omitempty"`
	Port  int32    `yaml:"port,omitempty"`
	// Any other key, such as refresh_interval.
	Rest map[string]any `yaml:",inline"`
}

func rewrite(node *yaml.Node, targets map[string]target) error {
	for _, child := range node.Content {
		if err := rewrite(child, targets); err != nil {
			return err
		}
	}
	if node.Kind != yaml.MappingNode {
		return nil
	}
	found := child(node, "dns_sd_configs")
	if found == nil {
		return nil
	}
	var old, changed []discovery
	if err := found.Decode(&old); err != nil {
		return err
	}
	for _, d := range old {
		if d.Type != "" && d.Type != "SRV" {
			changed = append(changed, d)
			continue
		}
		for _, name := range d.Names {
			host, port, known, err := locate(name, targets)
			if err != nil {
				return err
			}
			if known {
				changed = append(changed, discovery{[]string{host}, "A", port, d.Rest})
			}
		}
	}
	if len(changed) == 0 { // a component that is off in dev
		at := slices.Index(node.Content, found)
		node.Content = slices.Delete(node.Content, at-1, at+1)
		return nil
	}
	nameInstances(child(node, "relabel_configs"))
	return found.Encode(changed)
}

// locate finds what "_port._tcp.service" leads to. A Service that no profile has is not known.
func locate(record string, targets map[string]target) (host string, port int32, known bool, err error) {
	parts := strings.SplitN(record, ".", 3)
	if len(parts) != 3 || !strings.HasPrefix(parts[0], "_") {
		return "", 0, false, fmt.Errorf("%s is no SRV record", record)
	}
	t, known := targets[parts[2]]
	if !known {
		return "", 0, false, nil
	}
	port, ok := t.ports[parts[0][1:]]
	if !ok {
		return "", 0, false, fmt.Errorf("%s: the Service has no such port", record)
	}
	return t.host, port, true, nil
}

// nameInstances takes the instance from the name that was looked up: the address is a number now.
func nameInstances(rules *yaml.Node) {
	if rules != nil && rules.Kind == yaml.AliasNode {
		rules = rules.Alias
	}
	if rules == nil {
		return
	}
	for _, rule := range rules.Content {
		if rule.Kind == yaml.AliasNode {
			rule = rule.Alias
		}
		labels := child(rule, "source_labels")
		if labels != nil && len(labels.Content) == 1 && labels.Content[0].Value == "__address__" {
			labels.Content[0].Value = "__meta_dns_name"
		}
	}
}

// child is the value of a mapping's key, nil when it has none.
func child(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content) && mapping.Kind == yaml.MappingNode; i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}
