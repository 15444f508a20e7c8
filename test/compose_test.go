package test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"sluice/internal/compose"
	"sluice/internal/state"
)

// docker-compose.yml says what the chart says.
func TestComposeFollowsTheChart(t *testing.T) {
	compare(t, "docker-compose.yml", string(composeProject(t).Compose))
}

func composeProject(t *testing.T) compose.Project {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	project, err := compose.Generate(root)
	require.NoError(t, err)
	return project
}

// composeFile is what the checks read of the file as it is committed.
type composeFile struct {
	Services map[string]struct {
		Image       string
		Ports       []string
		Command     []string
		Entrypoint  []string
		Environment map[string]string
		Networks    map[string]struct{ Aliases []string }
		Volumes     []struct{ Type, Source string }
		DependsOn   map[string]any `json:"depends_on"`
	}
	Volumes map[string]any
}

func committedCompose(t *testing.T) composeFile {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	require.NoError(t, err)
	var file composeFile
	require.NoError(t, yaml.Unmarshal(text, &file))
	return file
}

// Every container of the chart is a service of the same image, whatever made the file.
func TestComposeHasEveryContainer(t *testing.T) {
	file := committedCompose(t)
	for _, preset := range []string{"dev", sealed} {
		for _, w := range workloads(presetObjects(t, preset)) {
			component := w.GetLabels()["app.kubernetes.io/name"]
			for i, c := range containers(w.template.Spec) {
				name := component
				if i != len(w.template.Spec.InitContainers) {
					name += "-" + c.Name
				}
				assert.Equal(t, c.Image, file.Services[name].Image, "image of the service %s", name)
			}
		}
	}
}

// The ports that people know are published, on this machine only.
func TestComposePorts(t *testing.T) {
	file := committedCompose(t)
	port := regexp.MustCompile(`^\$\{SLUICE_ADDRESS:-127\.0\.0\.1\}:\$\{SLUICE_[A-Z_]+_PORT:-(\d+)\}:(\d+)$`)
	published := map[string]string{} // by the port on this machine
	for name, service := range file.Services {
		for _, text := range service.Ports {
			match := port.FindStringSubmatch(text)
			if !assert.NotNil(t, match, "%s publishes %s", name, text) {
				continue
			}
			assert.Equal(t, match[1], match[2], "%s: the port on this machine is the service's own", name)
			assert.Empty(t, published[match[1]], "both %s and %s publish %s", published[match[1]], name, match[1])
			published[match[1]] = name
		}
	}
	for number, name := range map[string]string{
		"2181": "zookeeper", "9092": "kafka", "9200": "elasticsearch", "9090": "prometheus", "8000": "app-service",
		"5044": "logstash", "5601": "kibana", "9093": "alertmanager", "3000": "grafana",
		"8080": "spark-master", "8081": "spark-worker", "18080": "spark-history-server",
	} {
		if _, ok := file.Services[name]; ok {
			assert.Equal(t, name, published[number], "who publishes %s", number)
		}
	}
}

// What is mounted is written by `make compose-config`, and what is waited for exists.
func TestComposeReferences(t *testing.T) {
	file, project := committedCompose(t), composeProject(t)
	folders := map[string]bool{}
	for name := range project.Files {
		folders[name], folders[filepath.Dir(name)] = true, true
	}
	for name, service := range file.Services {
		for _, volume := range service.Volumes {
			if volume.Type == "bind" {
				source, inside := strings.CutPrefix(volume.Source, "./"+compose.ConfigDir+"/")
				assert.True(t, inside && folders[source], "%s mounts %s, which is not written", name, volume.Source)
				continue
			}
			assert.Contains(t, file.Volumes, volume.Source, name)
		}
		for other := range service.DependsOn {
			assert.Contains(t, file.Services, other, "%s waits for it", name)
		}
	}
}

// Every name of a Service, in a command, a variable or a file, is an alias in the network.
func TestComposeHostsResolve(t *testing.T) {
	file := committedCompose(t)
	var aliases, texts []string
	for _, service := range file.Services {
		aliases = append(aliases, service.Networks["default"].Aliases...)
		texts = append(append(texts, service.Command...), service.Entrypoint...)
		for _, value := range service.Environment {
			texts = append(texts, value)
		}
	}
	for _, f := range composeProject(t).Files {
		texts = append(texts, f.Content)
	}
	host := regexp.MustCompile(`[a-z0-9][-a-z0-9.]*\.svc\.cluster\.local`)
	found := 0
	for _, text := range texts {
		for _, name := range host.FindAllString(text, -1) {
			assert.True(t, slices.Contains(aliases, name), "nothing is called %s", name)
			found++
		}
	}
	assert.Greater(t, found, 10, "names found")
}
