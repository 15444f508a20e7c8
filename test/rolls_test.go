package test

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"sluice/internal/state"
)

// Changed configuration files roll the pods that mount them, and no others. The files of a folder are changed at once:
// they share a ConfigMap.
func TestChangedFilesRollTheirPods(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	umbrella, err := loader.Load(filepath.Join(root, umbrellaDir))
	require.NoError(t, err)
	before := map[string]Rendered{}
	for _, sub := range umbrella.Dependencies() {
		preset := "dev"
		if sub.Name() == "indexer" {
			preset = sealed
		}
		if _, ok := before[preset]; !ok {
			before[preset], err = presetStack(t, preset).Render()
			require.NoError(t, err)
		}
		folders := map[string]int{} // files of each
		for _, file := range sub.Files {
			if strings.HasPrefix(file.Name, "files/") {
				folders[path.Dir(file.Name)]++
			}
		}
		for folder, files := range folders {
			t.Run(sub.Name()+"/"+folder, func(t *testing.T) {
				stack := presetStack(t, preset)
				stack.Edit = func(c *chart.Chart) { change(c, sub.Name(), folder) }
				changed := changedObjects(t, before[preset], stack)

				held := 0
				var configMaps, rolled []string
				for _, m := range of[*corev1.ConfigMap](changed) {
					configMaps = append(configMaps, m.Name)
					for _, content := range m.Data {
						held += strings.Count(content, changeMark)
					}
				}
				for _, w := range runningWorkloads(changed) {
					rolled = append(rolled, stableName(w))
				}
				if !slices.Contains(unusedInDev, sub.Name()+"/"+folder) {
					assert.GreaterOrEqual(t, held, files, "files of the folder that are in a ConfigMap")
				}
				assert.ElementsMatch(t, mounting(presetObjects(t, preset), configMaps), rolled, "rolled, for a change in %s", configMaps)
			})
		}
	}
}

// unusedInDev are the folders whose files are for what dev has switched off.
var unusedInDev = []string{"kafka/files/kraft", "kafka/files/users", "elasticsearch/files/security"}

const changeMark = "# changed"

// change puts a line at the end of each file of a folder of a sub-chart.
func change(umbrella *chart.Chart, sub, folder string) {
	for _, c := range umbrella.Dependencies() {
		for _, f := range c.Files {
			if c.Name() == sub && path.Dir(f.Name) == folder {
				f.Data = append(slices.Clone(f.Data), "\n"+changeMark+"\n"...)
			}
		}
	}
}

// runningWorkloads leaves out the pods of `helm test`, which are made anew for each.
func runningWorkloads(objects []object) []workload {
	return slices.DeleteFunc(workloads(objects), func(w workload) bool {
		_, ofTest := w.object.(*corev1.Pod)
		return ofTest
	})
}

// changedObjects are those of a stack that were not there before, or not just so.
func changedObjects(t *testing.T, before Rendered, after Stack) []object {
	t.Helper()
	now, err := after.Render()
	require.NoError(t, err)
	var changed []object
	for _, manifest := range now.Manifests {
		if !slices.Contains(before.Manifests, manifest) {
			o, err := decode([]byte(manifest))
			require.NoError(t, err, manifest)
			changed = append(changed, o)
		}
	}
	return changed
}

// mounting are the workloads that mount one of the ConfigMaps. A pod of `helm test` is not among them: it is made anew for each test.
func mounting(objects []object, configMaps []string) []string {
	var names []string
	for _, w := range runningWorkloads(objects) {
		if slices.ContainsFunc(w.template.Spec.Volumes, func(v corev1.Volume) bool {
			return v.ConfigMap != nil && slices.Contains(configMaps, v.ConfigMap.Name)
		}) {
			names = append(names, stableName(w))
		}
	}
	return names
}

// stableName is a workload's title without the hash at the end of a Job's name.
func stableName(w workload) string {
	name := title(w)
	if _, ok := w.object.(*batchv1.Job); ok {
		name = name[:strings.LastIndex(name, "-")]
	}
	return name
}
