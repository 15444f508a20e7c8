// Package test renders the chart in process, and checks what comes out of it.
package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	helm "helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"

	"sluice/internal/images"
	"sluice/internal/state"
)

// KubeVersion is the version every rendering is made for: the one of the node image.
const KubeVersion = "v1.35.4"

const umbrellaDir = "charts/sluice" // relative to the repository

// Stack is one installation of the umbrella chart.
type Stack struct {
	Release   string
	Namespace string
	Values    []string           // files, relative to the repository; later ones win
	Set       map[string]any     // wins over the files
	Edit      func(*chart.Chart) // changes the chart before it is rendered; none when nil
}

// Preset is the stack of a shipped values file: values/values-<name>.yaml.
func Preset(name string) Stack {
	return Stack{Release: "sluice", Namespace: "sluice", Values: []string{"values/values-" + name + ".yaml"}}
}

// Sealed is dev as `sluice up` installs it where no image can be pulled.
func Sealed() (Stack, error) {
	root, err := state.Repository()
	if err != nil {
		return Stack{}, err
	}
	specs, err := images.Load(root)
	if err != nil {
		return Stack{}, err
	}
	stack := Preset("dev")
	stack.Set = map[string]any{}
	for _, set := range images.WithoutPulling(specs) {
		if err := strvals.ParseInto(set, stack.Set); err != nil {
			return Stack{}, err
		}
	}
	return stack, nil
}

// Rendered is what Helm would send to the cluster, in the order of installation, at last the pods of `helm test`,
// and what it would print.
type Rendered struct {
	Manifests []string
	Notes     string
}

// Render does what `helm install` does before it speaks to a cluster.
func (s Stack) Render() (Rendered, error) {
	root, err := state.Repository()
	if err != nil {
		return Rendered{}, err
	}
	chart, err := loader.Load(filepath.Join(root, umbrellaDir))
	if err != nil {
		return Rendered{}, err
	}
	if s.Edit != nil {
		s.Edit(chart)
	}
	values, err := s.values(root)
	if err != nil {
		return Rendered{}, err
	}
	if err := chartutil.ProcessDependenciesWithMerge(chart, values); err != nil {
		return Rendered{}, err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: KubeVersion, Major: "1", Minor: "35"}
	options := chartutil.ReleaseOptions{Name: s.Release, Namespace: s.Namespace, Revision: 1, IsInstall: true}
	context, err := chartutil.ToRenderValues(chart, values, options, capabilities)
	if err != nil {
		return Rendered{}, err
	}
	files, err := engine.Render(chart, context)
	if err != nil {
		return Rendered{}, err
	}
	return collect(files)
}

// values merges the files and Set.
func (s Stack) values(root string) (map[string]any, error) {
	merged := map[string]any{}
	for _, name := range s.Values {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		values := map[string]any{}
		if err := yaml.UnmarshalStrict(content, &values); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		merged = chartutil.MergeTables(values, merged)
	}
	return chartutil.MergeTables(copyOf(s.Set), merged), nil
}

// copyOf keeps Helm, which merges in place, away from the caller's map.
func copyOf(values map[string]any) map[string]any {
	result := make(map[string]any, len(values))
	for key, value := range values {
		if table, ok := value.(map[string]any); ok {
			value = copyOf(table)
		}
		result[key] = value
	}
	return result
}

// collect takes the notes out of the rendered files and sorts the manifests.
func collect(files map[string]string) (Rendered, error) {
	var rendered Rendered
	for path, content := range files {
		if strings.HasSuffix(path, "NOTES.txt") {
			rendered.Notes += content
			delete(files, path)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return rendered, err
	}
	for _, manifest := range manifests {
		rendered.Manifests = append(rendered.Manifests, manifest.Content)
	}
	for _, hook := range hooks {
		if !slices.Equal(hook.Events, []helm.HookEvent{helm.HookTest}) {
			return rendered, fmt.Errorf("%s is a hook of %v: Sluice has none but for `helm test`, setup is done by plain Jobs", hook.Path, hook.Events)
		}
		rendered.Manifests = append(rendered.Manifests, hook.Manifest)
	}
	return rendered, nil
}
