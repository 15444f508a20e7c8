package compose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// builder makes the services of one pod.
type builder struct {
	*variant
	pod
	component string // the pod's component
	service   string // its name in docker-compose.yml: the component, and the profile where those differ
	withBash  map[string]bool
	volumes   map[string]owner
	files     map[string]File // that the services mount or read, by their path below ConfigDir
}

// build gives one service for each container. The first container carries the pod's name; init containers
// run before it, one after the other; all others share its network.
func (b *builder) build() (map[string]*service, error) {
	services := map[string]*service{}
	before := ""
	var sidecars []corev1.Container
	for _, c := range b.spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sidecars = append(sidecars, c)
			continue
		}
		s, err := b.container(c, true)
		if err != nil {
			return nil, err
		}
		if before != "" {
			s.dependsOn(before, depends{Condition: completed})
		}
		s.Hostname = b.name
		before = b.service + "-" + c.Name
		services[before] = s
	}
	main, err := b.container(b.spec.Containers[0], b.once)
	if err != nil {
		return nil, err
	}
	if before != "" {
		main.dependsOn(before, depends{Condition: completed})
	}
	main.Hostname = b.name
	if !b.once {
		if err := b.connect(main); err != nil {
			return nil, err
		}
	}
	services[b.service] = main
	for _, c := range append(sidecars, b.spec.Containers[1:]...) {
		s, err := b.container(c, b.once)
		if err != nil {
			return nil, err
		}
		s.NetworkMode = "service:" + b.service
		s.dependsOn(b.service, depends{Condition: started, Restart: true})
		services[b.service+"-"+c.Name] = s
	}
	return services, nil
}

func (s *service) dependsOn(name string, d depends) {
	if s.DependsOn == nil {
		s.DependsOn = map[string]depends{}
	}
	s.DependsOn[name] = d
}

// connect gives the pod the names of its Services, and publishes what a Service offers to clients.
func (b *builder) connect(main *service) error {
	aliases := []string{b.name}
	for _, k := range b.servicesOf(b.pod) {
		aliases = append(aliases, k.Name, fullName(k.Name))
		if k.Name == b.headless {
			aliases = append(aliases, b.name+"."+fullName(k.Name))
		}
		for _, port := range k.Spec.Ports {
			number, err := containerPort(b.spec.Containers, port)
			if err != nil {
				return fmt.Errorf("the Service %s: %w", k.Name, err)
			}
			if k.Spec.ClusterIP == corev1.ClusterIPNone {
				continue
			}
			name := b.component
			if len(k.Spec.Ports) > 1 {
				name += "_" + port.Name
			}
			main.Ports = append(main.Ports, fmt.Sprintf("${SLUICE_ADDRESS:-127.0.0.1}:${SLUICE_%s_PORT:-%d}:%d", variable(name), number, number))
		}
	}
	slices.Sort(aliases)
	main.Networks = map[string]network{"default": {Aliases: slices.Compact(aliases)}}
	return nil
}

func fullName(service string) string { return service + "." + namespace + "." + domain }

func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// containerPort is the port behind a Service's. An alias in a network can't lead to another number.
func containerPort(containers []corev1.Container, port corev1.ServicePort) (int32, error) {
	target := port.TargetPort.IntVal
	for _, c := range containers {
		for _, p := range c.Ports {
			if p.Name == port.TargetPort.StrVal && p.Name != "" {
				target = p.ContainerPort
			}
		}
	}
	if target != 0 && target != port.Port {
		return 0, fmt.Errorf("its port %d leads to %d: in Compose both must be the same", port.Port, target)
	}
	return port.Port, nil
}
