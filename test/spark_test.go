package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"sluice/internal/state"
)

// Every setting that the job reads is in its file, and no other.
func TestSparkJobFindsItsSettings(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	source := read(t, filepath.Join(root, "charts/sluice/charts/spark/files/jobs/log_analytics.py"))
	_, class, found := strings.Cut(source, "class Config:")
	require.True(t, found)
	class, _, _ = strings.Cut(class, "@classmethod")
	want := map[string]bool{}
	for _, field := range regexp.MustCompile(`(?m)^    (\w+): (?:str|int|float)$`).FindAllStringSubmatch(class, -1) {
		want[field[1]] = true
	}
	require.NotEmpty(t, want)

	eachPreset(t, func(t *testing.T, objects []object) {
		config := named[*corev1.ConfigMap](t, objects, "sluice-spark-streaming-job").Data["log_analytics.conf"]
		got, section := map[string]bool{}, ""
		for line := range strings.Lines(config) {
			line = strings.TrimSpace(line)
			key, value, setting := strings.Cut(line, " = ")
			switch {
			case strings.HasPrefix(line, "["):
				section = strings.Trim(line, "[]")
			case setting && !strings.HasPrefix(line, "#"):
				got[section+"_"+key] = true
				assert.NotEmpty(t, value, line)
			}
		}
		assert.Equal(t, want, got)
	})
}

// The state of the open windows is written by executors and read by a new driver: all see the same volume.
func TestSparkSharesOneVolume(t *testing.T) {
	for preset, mode := range map[string]corev1.PersistentVolumeAccessMode{"dev": corev1.ReadWriteOnce, "prod": corev1.ReadWriteMany} {
		t.Run(preset, func(t *testing.T) {
			objects := presetObjects(t, preset)
			driver := named[*appsv1.StatefulSet](t, objects, "sluice-spark-streaming-job")
			require.Len(t, driver.Spec.VolumeClaimTemplates, 1)
			claim := driver.Spec.VolumeClaimTemplates[0]
			assert.Equal(t, []corev1.PersistentVolumeAccessMode{mode}, claim.Spec.AccessModes)
			for _, name := range []string{"sluice-spark-worker", "sluice-spark-history-server"} {
				pod := named[*appsv1.Deployment](t, objects, name).Spec.Template.Spec
				var claims []string
				for _, v := range pod.Volumes {
					if v.PersistentVolumeClaim != nil {
						claims = append(claims, v.PersistentVolumeClaim.ClaimName)
					}
				}
				assert.Equal(t, []string{claim.Name + "-" + driver.Name + "-0"}, claims, "%s: the claim of the driver's pod", name)

				together := pod.Affinity != nil && pod.Affinity.PodAffinity != nil
				assert.Equal(t, mode == corev1.ReadWriteOnce, together, "%s: on the driver's node, if only one node can mount the volume", name)
				if together {
					terms := pod.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
					require.Len(t, terms, 1)
					assert.Equal(t, driver.Spec.Template.Labels, terms[0].LabelSelector.MatchLabels)
				}
			}
		})
	}
}

func TestSparkValidation(t *testing.T) {
	for want, spark := range map[string]table{
		"no executor would ever start":                      {"streamingJob": table{"config": table{"executorMegabytes": 4096}}},
		"set its accessMode to ReadWriteMany and className": {"streamingJob": table{"storage": table{"accessMode": "ReadWriteOnce"}}},
	} {
		stack := Preset("prod")
		stack.Set = table{"spark": spark}
		_, err := stack.Render()
		assert.ErrorContains(t, err, want)
	}
}

// The driver waits for its master, and gives every jar of the connector to Spark.
func TestStartSparkDriver(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o700))
	}
	write("bin/spark-submit", "#!/bin/sh\necho submit \"$@\"\n")
	write("jars/a.jar", "")
	write("jars/b.jar", "")
	write("heartbeat", "0")
	// Not there, then there: the stand-in of timeout counts its calls.
	write("timeout", "#!/bin/sh\necho x >> "+folder+"/asked\ntest $(wc -l < "+folder+"/asked) -ge 3\n")
	source, err := state.Repository()
	require.NoError(t, err)
	content := read(t, filepath.Join(source, "charts/sluice/charts/spark/files/jobs/start.sh"))
	content = strings.NewReplacer("/jars/", folder+"/jars/", "/data/", folder+"/data/").Replace(content)
	output, err := runBash(t, content, "PATH="+folder+":"+os.Getenv("PATH"), "SPARK_HOME="+folder, "RETRY_SECONDS=0.1",
		"MASTER=master:7077", "POD_IP=10.0.0.1", "HEARTBEAT="+folder+"/heartbeat")
	require.NoError(t, err, output)
	assert.Equal(t, 2, strings.Count(output, "Waiting for the master at master:7077.\n"), output)
	assert.Contains(t, output, "--jars "+folder+"/jars/a.jar,"+folder+"/jars/b.jar --conf spark.driver.host=10.0.0.1 /etc/sluice/log_analytics.py")
	assert.NoFileExists(t, folder+"/heartbeat", "what an earlier driver left says nothing of this one")
	assert.DirExists(t, folder+"/data/events")
}
