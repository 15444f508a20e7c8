package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// with renders a preset with a few values changed.
func with(t *testing.T, preset string, set table) []object {
	t.Helper()
	stack := Preset(preset)
	stack.Set = set
	return render(t, stack)
}

// What is switched off leaves nothing behind, and takes nothing else with it.
func TestComponentsCanBeSwitchedOff(t *testing.T) {
	for name, component := range map[string]string{
		"kafka": "kafka", "elasticsearch": "elasticsearch",
		"kibana": "kibana", "spark": "spark", "prometheus": "prometheus", "grafana": "grafana", "generators": "generators",
	} {
		t.Run(name, func(t *testing.T) {
			var want, got []string
			for _, o := range presetObjects(t, "dev") {
				if o.GetLabels()["app.kubernetes.io/component"] != component {
					want = append(want, title(o))
				}
			}
			for _, o := range with(t, "dev", table{name: table{"enabled": false}}) {
				got = append(got, title(o))
			}
			assert.Equal(t, want, got)
			assert.Less(t, len(want), len(presetObjects(t, "dev")), "objects of %s", component)
		})
	}
}

// One engine carries the events: neither none nor two, and the message says which value to change.
func TestExactlyOneEngine(t *testing.T) {
	for want, set := range map[string]table{
		"indexer.enabled is true: set it to false, or logstash.enabled to false: one engine":   {"indexer": table{"enabled": true}},
		"indexer.enabled is false: set it to true, or logstash.enabled to true: one engine":    {"logstash": table{"enabled": false}},
		"otelCollector: the Collector is no engine any more: leave otelCollector out, and set": {"otelCollector": table{"replicas": 3}},
	} {
		stack := Preset("dev")
		stack.Set = set
		_, err := stack.Render()
		assert.ErrorContains(t, err, want)
	}
	for _, o := range with(t, "dev", table{"logstash": table{"enabled": false}, "indexer": table{"enabled": true}}) {
		assert.NotEqual(t, "logstash", o.GetLabels()["app.kubernetes.io/component"], title(o))
	}
	// Without both ends there is nothing to carry.
	for _, end := range []string{"kafka", "elasticsearch"} {
		for _, o := range with(t, "dev", table{"logstash": table{"enabled": false}, end: table{"enabled": false}}) {
			assert.NotContains(t, []string{"logstash", "indexer"}, o.GetLabels()["app.kubernetes.io/component"], title(o))
		}
	}
}

func TestImageReferences(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	for name, test := range map[string]struct {
		set  table
		want string
	}{
		"upstream":            {nil, "quay.io/prometheuscommunity/elasticsearch-exporter:v1.11.0"},
		"registry":            {table{"global": table{"imageRegistry": "r.example.com:5000"}}, "r.example.com:5000/prometheuscommunity/elasticsearch-exporter:v1.11.0"},
		"registry with path":  {table{"global": table{"imageRegistry": "r.example.com/a"}}, "r.example.com/a/prometheuscommunity/elasticsearch-exporter:v1.11.0"},
		"digest":              {table{"elasticsearch": table{"exporter": table{"image": table{"digest": digest}}}}, "quay.io/prometheuscommunity/elasticsearch-exporter:v1.11.0@" + digest},
		"repository, no host": {table{"global": table{"imageRegistry": "r"}, "elasticsearch": table{"exporter": table{"image": table{"repository": "a/b"}}}}, "r/a/b:v1.11.0"},
	} {
		t.Run(name, func(t *testing.T) {
			deployment := named[*appsv1.Deployment](t, with(t, "dev", test.set), "sluice-elasticsearch-exporter")
			assert.Equal(t, test.want, deployment.Spec.Template.Spec.Containers[0].Image)
		})
	}
}

// values.pod is the last word, and its containers get the defaults of all others.
func TestPodIsMerged(t *testing.T) {
	objects := with(t, "dev", table{"prometheus": table{"pod": table{
		"priorityClassName": "high",
		"securityContext":   table{"runAsUser": 1234},
		"initContainers":    []any{table{"name": "extra", "image": "extra:1"}},
	}}})
	spec := named[*appsv1.StatefulSet](t, objects, "sluice-prometheus").Spec.Template.Spec
	assert.Equal(t, "high", spec.PriorityClassName)
	assert.Equal(t, int64(1234), *spec.SecurityContext.RunAsUser)
	assert.Equal(t, int64(65534), *spec.SecurityContext.RunAsGroup)
	require.Len(t, spec.InitContainers, 1)
	assert.True(t, *spec.InitContainers[0].SecurityContext.ReadOnlyRootFilesystem)
}

func TestStorageClass(t *testing.T) {
	class := func(objects []object) *string {
		return named[*appsv1.StatefulSet](t, objects, "sluice-kafka").Spec.VolumeClaimTemplates[0].Spec.StorageClassName
	}
	assert.Nil(t, class(presetObjects(t, "dev")), "an empty name would switch provisioning off")
	assert.Equal(t, "fast", *class(with(t, "dev", table{"kafka": table{"storage": table{"className": "fast"}}})))
}

// A Job can't be changed: one that does something else has another name, all others keep theirs.
func TestJobNamesFollowTheirContent(t *testing.T) {
	names := func(objects []object) map[string]string {
		found := map[string]string{}
		for _, job := range of[*batchv1.Job](objects) {
			found[job.Labels["app.kubernetes.io/name"]] = job.Name
		}
		return found
	}
	before := names(presetObjects(t, "dev"))
	for _, job := range []string{"kafka-topics", "elasticsearch-setup", "kibana-import"} {
		require.Contains(t, before, job)
	}

	after := names(with(t, "dev", table{"kafka": table{"topics": table{"config": table{"partitions": 6}}}}))
	assert.NotEqual(t, before["kafka-topics"], after["kafka-topics"], "another number of partitions")
	assert.Equal(t, before["elasticsearch-setup"], after["elasticsearch-setup"])

	after = names(with(t, "dev", table{"elasticsearch": table{"setup": table{"config": table{"shards": 2}}}}))
	assert.NotEqual(t, before["elasticsearch-setup"], after["elasticsearch-setup"], "another file")
	assert.Equal(t, before["kafka-topics"], after["kafka-topics"])

	after = names(with(t, "dev", table{"kafka": table{"config": table{"heapMegabytes": 400}}, "prometheus": table{"config": table{"retention": "1d"}}}))
	assert.Equal(t, before, after)
}

// A changed configuration restarts the pods that read it, and no others.
func TestConfigRestartsItsPods(t *testing.T) {
	sums := func(objects []object) map[string]string {
		found := map[string]string{}
		for _, w := range workloads(objects) {
			found[w.GetLabels()["app.kubernetes.io/name"]] = w.template.Annotations["checksum/config"]
		}
		return found
	}
	before := sums(presetObjects(t, "dev"))
	after := sums(with(t, "dev", table{"prometheus": table{"config": table{"scrapeInterval": "30s"}}}))
	assert.NotEqual(t, before["prometheus"], after["prometheus"])
	after["prometheus"] = before["prometheus"]
	assert.Equal(t, before, after)
}

// Only a first installation may form a cluster: later, nodes that lost their disks must not start a second one.
func TestElasticsearchDiscovery(t *testing.T) {
	for name, test := range map[string]struct {
		preset    string
		set       table
		has, lack []string
	}{
		"single node": {"dev", nil, []string{"discovery.type: single-node"}, []string{"seed_hosts", "initial_master_nodes", "awareness"}},
		"first start": {"prod", nil, []string{"discovery.seed_hosts: sluice-elasticsearch-headless.", "cluster.initial_master_nodes:\n  - sluice-elasticsearch-0\n  - sluice-elasticsearch-1\n  - sluice-elasticsearch-2\n"}, []string{"single-node"}},
		"later":       {"prod", table{"elasticsearch": table{"config": table{"bootstrap": false}}}, []string{"discovery.seed_hosts:"}, []string{"initial_master_nodes", "single-node"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := named[*corev1.ConfigMap](t, with(t, test.preset, test.set), "sluice-elasticsearch").Data["elasticsearch.yml"]
			for _, want := range test.has {
				assert.Contains(t, config, want)
			}
			for _, unwanted := range test.lack {
				assert.NotContains(t, config, unwanted)
			}
		})
	}
}

// With the default spread, replicas run on a cluster that has no zones.
func TestSpreadIsSoftByDefault(t *testing.T) {
	objects := with(t, "dev", table{"zookeeper": table{"replicas": 3}})
	set := named[*appsv1.StatefulSet](t, objects, "sluice-zookeeper")
	require.Len(t, set.Spec.Template.Spec.TopologySpreadConstraints, 2)
	for _, constraint := range set.Spec.Template.Spec.TopologySpreadConstraints {
		assert.Equal(t, corev1.ScheduleAnyway, constraint.WhenUnsatisfiable)
	}
}

// Every Java virtual machine gets them, in the way of each program.
func TestJavaOptions(t *testing.T) {
	const options = "-XX:TieredStopAtLevel=1 -Da=b"
	objects := with(t, "prod", table{"global": table{"javaOptions": options}})
	environment := func(set, variable string) string {
		for _, c := range named[*appsv1.StatefulSet](t, objects, set).Spec.Template.Spec.Containers {
			for _, env := range c.Env {
				if env.Name == variable {
					return env.Value
				}
			}
		}
		return ""
	}
	assert.Equal(t, options, environment("sluice-zookeeper", "SERVER_JVMFLAGS"))
	assert.Equal(t, options, environment("sluice-kafka", "JAVA_OPTIONS"))
	assert.Equal(t, "-Xms4096m -Xmx4096m "+options, environment("sluice-elasticsearch", "ES_JAVA_OPTS"))
	assert.Equal(t, "-Xss4m -Xms2048m -Xmx2048m "+options, environment("sluice-logstash", "LS_JAVA_OPTS"))
	spark := named[*corev1.ConfigMap](t, objects, "sluice-spark").Data
	assert.Contains(t, spark["spark-env.sh"], "\nSPARK_DAEMON_JAVA_OPTS='"+options+"'")
	for _, process := range []string{"driver", "executor"} {
		assert.Regexp(t, "\n"+`spark\.`+process+`\.extraJavaOptions +`+options+"\n", spark["spark-defaults.conf"])
	}
}
