//go:build rules

// Package rules runs the tools of Prometheus, Alertmanager and their operator over what the chart renders, and
// the unit tests of the rules beside it. The tools are those of the images, from the build cache.
package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/images"
	"sluice/internal/state"
	stack "sluice/test"
)

type table = map[string]any

// build makes a program with the flags of its image, so that it is in the build cache once that is built.
func build(t *testing.T, image, program string) string {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	specs, err := images.Load(root)
	require.NoError(t, err)
	for _, spec := range specs {
		for _, in := range spec.Inputs {
			if in.Go == nil || !strings.HasPrefix(spec.Image, image+":") {
				continue
			}
			for _, pkg := range strings.Fields(in.Go.Package) {
				if filepath.Base(pkg) == program {
					return compile(t, filepath.Join(root, in.Go.Module), pkg, in.Go.LDFlags, in.Go.Tags)
				}
			}
		}
	}
	require.Failf(t, "no image has it", "%s of %s", program, image)
	return ""
}

func compile(t *testing.T, dir, pkg, ldflags, tags string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-tags", tags, "-o", file, pkg)
	command.Dir, command.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	return file
}

func run(t *testing.T, input string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), args[0], args[1:]...)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	require.NoError(t, err, string(output))
	t.Log(string(output))
}

// render gives the manifests of a preset with its ConfigMaps' files laid into folders of their names.
func render(t *testing.T, preset string, set table) (manifests, dir string) {
	t.Helper()
	s := stack.Preset(preset)
	s.Set = table{"prometheus": set}
	rendered, err := s.Render()
	require.NoError(t, err)
	dir = t.TempDir()
	for _, manifest := range rendered.Manifests {
		var c corev1.ConfigMap
		if err := yaml.Unmarshal([]byte(manifest), &c); err != nil || c.Kind != "ConfigMap" {
			continue
		}
		require.NoError(t, os.Mkdir(filepath.Join(dir, c.Name), 0o755))
		for name, content := range c.Data {
			require.NoError(t, os.WriteFile(filepath.Join(dir, c.Name, name), []byte(content), 0o600))
		}
	}
	return strings.Join(rendered.Manifests, "\n---\n"), dir
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	return files
}

func TestPrometheus(t *testing.T) {
	promtool := build(t, "prom/prometheus", "promtool")
	t.Run("rules", func(t *testing.T) {
		run(t, "", append([]string{promtool, "test", "rules"}, glob(t, "*_test.yaml")...)...)
	})
	for _, preset := range []string{"dev", "prod"} {
		t.Run(preset, func(t *testing.T) {
			_, dir := render(t, preset, nil)
			run(t, "", append([]string{promtool, "check", "rules"}, glob(t, filepath.Join(dir, "sluice-prometheus-rules", "*"))...)...)
			run(t, "", promtool, "check", "config", "--syntax-only", filepath.Join(dir, "sluice-prometheus", "prometheus.yml"))
		})
	}
}

func TestAlertmanager(t *testing.T) {
	amtool := build(t, "prom/alertmanager", "amtool")
	all := []any{"critical", "warning", "info", "none"}
	for name, config := range map[string]table{
		"nothing": nil,
		"everything": {
			"existingSecret": "receivers",
			"webhook":        table{"severities": all},
			"slack":          table{"severities": all, "channel": "#ops"},
			"email":          table{"severities": all, "to": "a@example.com", "from": "b@example.com", "smarthost": "mail.example.com:587", "username": "b"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, dir := render(t, "dev", table{"alertmanager": table{"config": config}})
			folder := filepath.Join(dir, "sluice-alertmanager")
			file := filepath.Join(folder, "alertmanager.yml")
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			moved := strings.ReplaceAll(string(content), "/etc/alertmanager/*.tmpl", filepath.Join(folder, "*.tmpl"))
			require.NotEqual(t, string(content), moved)
			require.NoError(t, os.WriteFile(file, []byte(moved), 0o600))
			run(t, "", amtool, "check-config", file)
			for severity, receiver := range map[string]string{"critical": "critical", "warning": "warning", "info": "info", "none": "none", "unknown": "ui"} {
				run(t, "", amtool, "config", "routes", "test", "--config.file="+file, "--verify.receivers="+receiver, "severity="+severity)
			}
		})
	}
}

// What the Prometheus Operator gets: its own types take every field.
func TestOperator(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	check := compile(t, filepath.Join(root, "tools", "prometheus-operator"), ".", "", "")
	manifests, _ := render(t, "prod", table{"serviceMonitors": true, "bundled": false, "monitorLabels": table{"release": "kps"}})
	require.NotContains(t, manifests, "name: sluice-prometheus\n", "bundled: false")
	run(t, manifests, check)
}
