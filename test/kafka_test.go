package test

import (
	"cmp"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"sluice/internal/state"
)

// kraft switches a preset to Kafka without ZooKeeper, as a user does.
func kraft(more table) table {
	set := table{"mode": "kraft"}
	for key, value := range more {
		set[key] = value
	}
	return table{"kafka": set, "zookeeper": table{"enabled": false}}
}

// kafkaFile is a file of the broker's ConfigMap, each of its lines between line ends.
func kafkaFile(t *testing.T, objects []object, name string) string {
	t.Helper()
	content, ok := named[*corev1.ConfigMap](t, objects, "sluice-kafka").Data[name]
	require.True(t, ok, "the ConfigMap has no %s", name)
	return "\n" + content
}

func TestEachModeHasItsOwnFiles(t *testing.T) {
	for mode, set := range map[string]table{"zookeeper": nil, "kraft": kraft(nil)} {
		t.Run(mode, func(t *testing.T) {
			objects := with(t, "dev", set)
			files := named[*corev1.ConfigMap](t, objects, "sluice-kafka").Data
			for _, other := range []string{"zookeeper", "kraft"} {
				if other == mode {
					assert.Contains(t, files, other+".properties")
				} else {
					assert.NotContains(t, files, other+".properties")
				}
			}
			// No setting is written in both parts, or the order of the parts would decide.
			seen := map[string]bool{}
			for _, name := range []string{"server.properties", mode + ".properties"} {
				for line := range strings.Lines(files[name]) {
					key, _, set := strings.Cut(strings.TrimSpace(line), "=")
					if set && !strings.HasPrefix(key, "#") {
						assert.False(t, seen[key], "%s is set twice", key)
						seen[key] = true
					}
				}
			}
			for _, key := range []string{"log.dirs", "listeners", "min.insync.replicas"} {
				assert.True(t, seen[key], "%s is not set", key)
			}
		})
	}
}

// ZooKeeper leaves with everything that knows its name, and nothing else changes its own.
func TestKraftNeedsNoZooKeeper(t *testing.T) {
	for _, preset := range presets {
		t.Run(preset, func(t *testing.T) {
			objects := with(t, preset, kraft(nil))
			titles := func(objects []object) (all []string) {
				for _, o := range objects {
					name, _, _ := strings.Cut(title(o), "-kafka-topics-") // the Job's hash
					if o.GetLabels()["app.kubernetes.io/component"] != "zookeeper" {
						all = append(all, name)
					}
				}
				return all
			}
			assert.Equal(t, titles(presetObjects(t, preset)), titles(objects))
			for _, o := range objects {
				assert.NotEqual(t, "zookeeper", o.GetLabels()["app.kubernetes.io/component"], title(o))
			}
			for name, content := range named[*corev1.ConfigMap](t, objects, "sluice-kafka").Data {
				assert.NotContains(t, content, "sluice-zookeeper", name)
			}
		})
	}
	t.Run("but may stay beside it", func(t *testing.T) {
		objects := with(t, "dev", table{"kafka": table{"mode": "kraft"}})
		named[*appsv1.StatefulSet](t, objects, "sluice-zookeeper")
	})
}

func TestModesThatCannotWork(t *testing.T) {
	for want, set := range map[string]table{
		"kafka.mode is zookeeper, but zookeeper.enabled is false: set it to true, or kafka.mode to kraft": {"zookeeper": table{"enabled": false}},
		"at '/mode': value must be one of 'zookeeper', 'kraft'":                                           {"kafka": table{"mode": "raft"}},
		"at '/config/controllers': value must be one of 1, 3, 5":                                          kraft(table{"config": table{"controllers": 2}}),
		"kafka.config.controllers is 3, but there are only 1 brokers: raise kafka.replicas":               kraft(table{"config": table{"controllers": 3}}),
		"at '/config/clusterId': 'my-cluster' does not match pattern":                                     kraft(table{"config": table{"clusterId": "my-cluster"}}),
	} {
		stack := Preset("dev")
		stack.Set = set
		_, err := stack.Render()
		assert.ErrorContains(t, err, want)
	}
	t.Run("no Kafka at all needs no ZooKeeper", func(t *testing.T) {
		with(t, "dev", table{"kafka": table{"enabled": false}, "zookeeper": table{"enabled": false}})
	})
}

// The voters are the first pods, and they are the same whatever the number of brokers: changed voters can
// lose the metadata.
func TestVoters(t *testing.T) {
	voters := func(set table) string {
		for line := range strings.Lines(kafkaFile(t, with(t, "prod", kraft(set)), "kraft.properties")) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), "controller.quorum.voters="); ok {
				return value
			}
		}
		t.Fatal("no voters")
		return ""
	}
	three := voters(nil)
	host := func(pod string) string { return pod + ".sluice-kafka-headless.sluice.svc.cluster.local:9093" }
	assert.Equal(t, "0@"+host("sluice-kafka-0")+",1@"+host("sluice-kafka-1")+",2@"+host("sluice-kafka-2"), three)
	assert.Equal(t, three, voters(table{"replicas": 7}))
	assert.Equal(t, "0@"+host("sluice-kafka-0"), voters(table{"config": table{"controllers": 1}}))

	objects := with(t, "prod", kraft(nil))
	container := named[*appsv1.StatefulSet](t, objects, "sluice-kafka").Spec.Template.Spec.Containers[0]
	assert.Equal(t, int32(9093), portOf(container, "controller"))
	service := named[*corev1.Service](t, objects, "sluice-kafka")
	for _, port := range service.Spec.Ports {
		assert.NotEqual(t, "controller", port.Name, "clients have nothing to ask a controller")
	}
}

func TestClusterId(t *testing.T) {
	id := func(stack Stack) string {
		for _, env := range named[*appsv1.StatefulSet](t, render(t, stack), stack.Release+"-kafka").Spec.Template.Spec.Containers[0].Env {
			if env.Name == "CLUSTER_ID" {
				return env.Value
			}
		}
		return ""
	}
	stack := Preset("dev")
	assert.Empty(t, id(stack), "ZooKeeper makes the id of its cluster")
	stack.Set = kraft(nil)
	first := id(stack)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(first)
	require.NoError(t, err)
	assert.Len(t, raw, 16, "Kafka's ids are 16 bytes")
	assert.Equal(t, first, id(stack), "two renderings must agree")

	stack.Set = kraft(table{"config": table{"heapMegabytes": 400}, "topics": table{"config": table{"partitions": 9}}})
	assert.Equal(t, first, id(stack), "no other value changes it")

	other := stack
	other.Namespace = "elsewhere"
	assert.NotEqual(t, first, id(other))
	other = stack
	other.Release = "second"
	assert.NotEqual(t, first, id(other))

	stack.Set = kraft(table{"config": table{"clusterId": "MkU3OEVBNTcwNTJENDM2Qg"}})
	assert.Equal(t, "MkU3OEVBNTcwNTJENDM2Qg", id(stack))
}

// A cluster that is made anew has no topics: the Job must run again, and a Job runs again under another name only.
func TestANewClusterGetsItsTopics(t *testing.T) {
	job := func(set table) string {
		for _, job := range of[*batchv1.Job](with(t, "dev", set)) {
			if job.Labels["app.kubernetes.io/name"] == "kafka-topics" {
				return job.Name
			}
		}
		return ""
	}
	zookeeper, first := job(nil), job(kraft(nil))
	assert.NotEqual(t, zookeeper, first)
	assert.NotEqual(t, first, job(kraft(table{"config": table{"clusterId": "MkU3OEVBNTcwNTJENDM2Qg"}})))
	assert.Equal(t, first, job(kraft(table{"replicas": 3})), "more brokers are no new cluster")
}

func TestStartBroker(t *testing.T) {
	const (
		killed    = "waiting 9 s for its session in ZooKeeper to end"
		id        = "MkU3OEVBNTcwNTJENDM2Qg"
		formatted = "kafka-storage.sh format --cluster-id " + id
		version1  = "version=1\ncluster.id=" + id + "\n"
	)
	for name, test := range map[string]struct {
		mode      string
		host      string            // the pod's name
		files     map[string]string // in the data folder
		zone      string
		listeners string   // those of dev when empty
		want      []string // in the output, which ends with the broker's properties
		lacks     string
		fails     string
	}{
		"new volume": {mode: "zookeeper", want: []string{"broker.id=2", "advertised.listeners=PLAINTEXT://sluice-kafka-2.example:9092"}, lacks: killed},
		"secure": {mode: "zookeeper", listeners: "INTERNAL://:9091,CLIENTS://:9092", lacks: killed,
			want: []string{"advertised.listeners=INTERNAL://sluice-kafka-2.example:9091,CLIENTS://sluice-kafka-2.example:9092\n"}},
		"secure, kraft": {mode: "kraft", host: "sluice-kafka-3", listeners: "INTERNAL://:9091,CLIENTS://:9092,CONTROLLER://:9093", lacks: "CONTROLLER",
			want: []string{"\nlisteners=INTERNAL://:9091,CLIENTS://:9092\n", "advertised.listeners=INTERNAL://sluice-kafka-3.example:9091,CLIENTS://sluice-kafka-3.example:9092\n"}},
		"clean stop": {mode: "zookeeper", files: map[string]string{"meta.properties": "version=0\n", ".kafka_cleanshutdown": ""},
			want: []string{"broker.id=2"}, lacks: killed},
		"killed":          {mode: "zookeeper", files: map[string]string{"meta.properties": "version=0\n"}, want: []string{killed, "sleep 9\n", "broker.id=2"}, lacks: "rack"},
		"with a zone":     {mode: "zookeeper", zone: "a", want: []string{"broker.rack=a\n"}, lacks: killed},
		"own settings":    {mode: "zookeeper", want: []string{"-Xms384m -Xmx384m -javaagent:/agent/"}, lacks: "kafka-storage.sh"},
		"kraft's volume":  {mode: "zookeeper", files: map[string]string{"meta.properties": version1}, fails: "Set kafka.mode back to kraft"},
		"kraft, new":      {mode: "kraft", want: []string{formatted, "node.id=2", "process.roles=broker,controller"}, lacks: "broker.id"},
		"kraft, again":    {mode: "kraft", files: map[string]string{"meta.properties": version1, ".controllers": "3"}, want: []string{"node.id=2"}, lacks: "kafka-storage.sh"},
		"kraft, killed":   {mode: "kraft", files: map[string]string{"meta.properties": version1}, want: []string{"node.id=2"}, lacks: "sleep"},
		"half formatted":  {mode: "kraft", files: map[string]string{"bootstrap.checkpoint": "", ".controllers": "3"}, want: []string{formatted, "--ignore-formatted"}, lacks: "sleep"},
		"kraft, a zone":   {mode: "kraft", zone: "b", want: []string{"broker.rack=b\n"}, lacks: "broker.id"},
		"a broker only":   {mode: "kraft", host: "sluice-kafka-3", want: []string{formatted, "node.id=3", "process.roles=broker\n", "listeners=PLAINTEXT://:9092\n"}, lacks: "process.roles=broker,controller"},
		"zookeeper's":     {mode: "kraft", files: map[string]string{"meta.properties": "version=0\ncluster.id=" + id + "\n"}, fails: "Set kafka.mode back to zookeeper"},
		"other cluster":   {mode: "kraft", files: map[string]string{"meta.properties": "version=1\ncluster.id=other\n"}, fails: "Set kafka.config.clusterId to other."},
		"changed voters":  {mode: "kraft", files: map[string]string{"meta.properties": version1, ".controllers": "1"}, fails: "Set kafka.config.controllers back to 1."},
		"more than 10":    {mode: "kraft", host: "sluice-kafka-10", want: []string{"node.id=10", "process.roles=broker\n"}, lacks: "broker.id"},
		"the first voter": {mode: "kraft", host: "sluice-kafka-0", want: []string{"node.id=0", "listeners=PLAINTEXT://:9092,CONTROLLER://:9093"}, lacks: "broker.id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			data := filepath.Join(folder, "data")
			write := func(path, content string) {
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
				require.NoError(t, os.WriteFile(path, []byte(content), 0o700))
			}
			root, err := state.Repository()
			require.NoError(t, err)
			write(folder+"/prepare.sh", read(t, filepath.Join(root, "charts/sluice/charts/kafka/files", test.mode, "prepare.sh")))
			write(folder+"/server.properties", "log.dirs="+data+"\n")
			write(folder+"/zookeeper.properties", "zookeeper.session.timeout.ms=9000\nlisteners="+cmp.Or(test.listeners, "PLAINTEXT://:9092")+"\n")
			write(folder+"/kraft.properties", "process.roles=broker,controller\nlisteners="+cmp.Or(test.listeners, "PLAINTEXT://:9092,CONTROLLER://:9093")+"\ncontroller.quorum.voters=0@a-0:9093,1@a-1:9093,2@a-2:9093\n")
			write(folder+"/sleep", "#!/bin/sh\necho sleep $*\n")
			write(folder+"/kafka-storage.sh", "#!/bin/sh\necho kafka-storage.sh $*\n")
			write(folder+"/kafka-server-start.sh", "#!/bin/sh\necho $KAFKA_HEAP_OPTS $KAFKA_OPTS\ncat $*\n")
			for name, content := range test.files {
				write(filepath.Join(data, name), content)
			}
			host := test.host
			if host == "" {
				host = "sluice-kafka-2"
			}
			output, err := script(t, "kafka/files/start.sh", folder, "PATH="+folder+":"+os.Getenv("PATH"), "KAFKA_BIN="+folder,
				"MODE="+test.mode, "CLUSTER_ID="+id, "PROPERTIES="+folder+"/all.properties",
				"HOSTNAME="+host, "DOMAIN=example", "HEAP_MEGABYTES=384", "ZONE="+test.zone)
			if test.fails != "" {
				checkScript(t, test.fails, output, err)
				assert.NotContains(t, output, "-Xms384m", "the broker must not start")
				return
			}
			require.NoError(t, err, output)
			for _, want := range test.want {
				assert.Contains(t, output, want)
			}
			assert.NotContains(t, output, test.lacks)
			for _, property := range []string{"broker.id=", "node.id=", "process.roles=", "\nlisteners=", "advertised.listeners=", "broker.rack="} {
				assert.LessOrEqual(t, strings.Count(output, property), 1, "%s is set twice in\n%s", property, output)
			}
		})
	}
}

// What the scripts read out of the properties is there, once.
func TestStartScriptFindsItsProperties(t *testing.T) {
	for _, preset := range presets {
		for mode, properties := range map[string][]string{
			"zookeeper": {"log.dirs", "zookeeper.session.timeout.ms"},
			"kraft":     {"log.dirs", "controller.quorum.voters", "process.roles", "listeners"},
		} {
			t.Run(preset+", "+mode, func(t *testing.T) {
				var set table
				if mode == "kraft" {
					set = kraft(nil)
				}
				objects := with(t, preset, set)
				all := kafkaFile(t, objects, "server.properties") + kafkaFile(t, objects, mode+".properties")
				for _, property := range properties {
					assert.Equal(t, 1, strings.Count(all, "\n"+property+"="), property)
				}
			})
		}
	}
}
