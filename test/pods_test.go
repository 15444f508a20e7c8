package test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/state"
)

func TestContainersHaveRequestsAndLimits(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(objects) {
			for _, c := range containers(w.template.Spec) {
				for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
					request, limit := c.Resources.Requests[name], c.Resources.Limits[name]
					assert.False(t, request.IsZero(), "%s, container %s: no %s request", title(w), c.Name, name)
					assert.True(t, limit.Cmp(request) >= 0, "%s, container %s: %s limit %s below its request %s", title(w), c.Name, name, &limit, &request)
				}
			}
		}
	})
}

func TestContainersHaveProbes(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(objects) {
			switch w.object.(type) {
			case *batchv1.Job, *batchv1.CronJob, *corev1.Pod:
				continue // it ends by itself
			}
			for _, c := range w.template.Spec.Containers {
				for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "readiness": c.ReadinessProbe, "liveness": c.LivenessProbe} {
					if !assert.NotNil(t, probe, "%s, container %s: no %s probe", title(w), c.Name, name) {
						continue
					}
					port := probePort(probe)
					assert.True(t, port == "" || portOf(c, port) > 0, "%s, container %s: its %s probe asks the port %s, which it has not", title(w), c.Name, name, port)
				}
			}
		}
	})
}

// probePort is the name of the port that a probe asks; none for a command.
func probePort(probe *corev1.Probe) string {
	switch {
	case probe.HTTPGet != nil:
		return probe.HTTPGet.Port.String()
	case probe.TCPSocket != nil:
		return probe.TCPSocket.Port.String()
	}
	return ""
}

// portOf is the number of a container's named port, 0 when it has none.
func portOf(c corev1.Container, name string) int32 {
	for _, port := range c.Ports {
		if port.Name == name {
			return port.ContainerPort
		}
	}
	return 0
}

// A 2-core machine runs the dev preset: Kubernetes itself takes half of it.
func TestDevIsSmall(t *testing.T) {
	cpu, memory := resource.Quantity{}, resource.Quantity{}
	for _, w := range workloads(presetObjects(t, "dev")) {
		for range w.replicas {
			cpu.Add(podRequest(w.template.Spec, corev1.ResourceCPU))
			memory.Add(podRequest(w.template.Spec, corev1.ResourceMemory))
		}
	}
	t.Logf("all pods of dev request %s CPU and %s memory", &cpu, &memory)
	assert.True(t, cpu.Cmp(resource.MustParse("900m")) <= 0, "%s CPU", &cpu)
	assert.True(t, memory.Cmp(resource.MustParse("8Gi")) <= 0, "%s memory", &memory)
}

// podRequest is what the scheduler counts: the sum of the containers, or the largest init container.
func podRequest(spec corev1.PodSpec, name corev1.ResourceName) resource.Quantity {
	var sum resource.Quantity
	for _, c := range spec.Containers {
		sum.Add(c.Resources.Requests[name])
	}
	for _, c := range spec.InitContainers {
		if request := c.Resources.Requests[name]; request.Cmp(sum) > 0 {
			sum = request
		}
	}
	return sum
}

// Every image can be built or pulled: a folder of images/ says how.
func TestImagesAreKnown(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "images", "*", "image.yaml"))
	require.NoError(t, err)
	known := map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var spec struct{ Image string }
		require.NoError(t, yaml.Unmarshal(content, &spec), file)
		known[spec.Image] = true
	}
	eachPreset(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(objects) {
			for _, c := range containers(w.template.Spec) {
				assert.True(t, known[c.Image], "%s, container %s: no images/*/image.yaml is for %s", title(w), c.Name, c.Image)
			}
		}
	})
}

// What a container mounts is a volume of its pod, and what a volume names is rendered.
func TestVolumesExist(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		configMaps := map[string]bool{}
		for _, c := range of[*corev1.ConfigMap](objects) {
			configMaps[c.Name] = true
		}
		for _, w := range workloads(objects) {
			volumes := map[string]bool{}
			for _, claim := range w.claims {
				volumes[claim.Name] = true
			}
			for _, v := range w.template.Spec.Volumes {
				volumes[v.Name] = true
				if v.ConfigMap != nil {
					assert.True(t, configMaps[v.ConfigMap.Name], "%s: there is no ConfigMap %s", title(w), v.ConfigMap.Name)
					if _, ok := w.object.(*corev1.Pod); ok {
						continue // made anew for each `helm test`
					}
					assert.NotEmpty(t, w.template.Annotations["checksum/config"], "%s: a changed %s would not restart it", title(w), v.ConfigMap.Name)
				}
			}
			for _, c := range containers(w.template.Spec) {
				for _, mount := range c.VolumeMounts {
					assert.True(t, volumes[mount.Name], "%s, container %s: there is no volume %s", title(w), c.Name, mount.Name)
				}
			}
		}
	})
}

// Whatever has replicas loses one at a time, and not all of them with a zone.
func TestReplicasAreSpreadAndBudgeted(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		budgets := map[string]*policyv1.PodDisruptionBudget{}
		for _, b := range of[*policyv1.PodDisruptionBudget](objects) {
			budgets[b.Name] = b
		}
		for _, w := range workloads(objects) {
			budget, constraints := budgets[w.GetName()], w.template.Spec.TopologySpreadConstraints
			if w.replicas <= 1 { // none: a test pod, or one that a schedule starts
				assert.Nil(t, budget, "%s: a budget for a single pod would block every drain", title(w))
				assert.Empty(t, constraints, title(w))
				continue
			}
			if assert.NotNil(t, budget, "%s has %d replicas and no PodDisruptionBudget", title(w), w.replicas) {
				assert.Equal(t, 1, budget.Spec.MaxUnavailable.IntValue(), title(w))
				assert.Equal(t, w.selector, budget.Spec.Selector.MatchLabels, title(w))
			}
			var keys []string
			for _, c := range constraints {
				keys = append(keys, c.TopologyKey)
				assert.Equal(t, &metav1.LabelSelector{MatchLabels: w.selector}, c.LabelSelector, title(w))
				assert.Equal(t, corev1.DoNotSchedule, c.WhenUnsatisfiable, title(w))
			}
			assert.Equal(t, []string{"topology.kubernetes.io/zone", "kubernetes.io/hostname"}, keys, title(w))
		}
	})
}
