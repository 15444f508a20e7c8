package release

import (
	"fmt"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// Manifests are the objects that an installation of the chart would make, those of `helm test` at the end.
func Manifests(chartDir, name, namespace string, valuesFiles, set []string) ([]string, error) {
	if err := Check(chartDir, valuesFiles, set); err != nil {
		return nil, err
	}
	loaded, merged, err := load(chartDir, valuesFiles, set)
	if err != nil {
		return nil, err
	}
	files, err := render(loaded, merged, name, namespace)
	if err != nil {
		return nil, mendable(err)
	}
	for path := range files {
		if strings.HasSuffix(path, "NOTES.txt") {
			delete(files, path)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, fmt.Errorf("the rendered chart: %w", err)
	}
	var all []string
	for _, manifest := range manifests {
		all = append(all, manifest.Content+"\n") // cut off by Helm; the last line of a file may end in it
	}
	for _, hook := range hooks {
		all = append(all, hook.Manifest+"\n")
	}
	return all, nil
}

func render(loaded *chart.Chart, merged map[string]any, name, namespace string) (map[string]string, error) {
	if err := chartutil.ProcessDependenciesWithMerge(loaded, merged); err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: name, Namespace: namespace, Revision: 1, IsInstall: true}
	context, err := chartutil.ToRenderValues(loaded, merged, options, nil)
	if err != nil {
		return nil, err
	}
	return engine.Render(loaded, context)
}
