package test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// collector switches the engine, and on what else is given.
func collector(autoscaling table) table {
	return table{"logstash": table{"enabled": false}, "otelCollector": table{"enabled": true, "autoscaling": autoscaling}}
}

func appService(autoscaling table) table {
	return table{"generators": table{"appService": table{"autoscaling": autoscaling}}}
}

// scaled renders prod: its objects of Kubernetes' own kinds, and its ScaledObjects.
func scaled(t *testing.T, set table) (objects []object, scaledObjects []table) {
	objects, custom := withCustom(t, set)
	return objects, custom["ScaledObject"]
}

func TestNothingScalesByDefault(t *testing.T) {
	for _, preset := range presets {
		stack := Preset(preset)
		rendered, err := stack.Render()
		require.NoError(t, err)
		for _, manifest := range rendered.Manifests {
			assert.NotContains(t, manifest, "kind: ScaledObject\n")
			assert.NotContains(t, manifest, "kind: HorizontalPodAutoscaler\n")
		}
	}
}

func TestAppServiceScalesByCPU(t *testing.T) {
	objects, _ := scaled(t, appService(table{"enabled": true, "maxReplicas": 5}))
	autoscaler := named[*autoscalingv2.HorizontalPodAutoscaler](t, objects, "sluice-app-service")
	deployment := named[*appsv1.Deployment](t, objects, "sluice-app-service")
	assert.Equal(t, autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: deployment.Name}, autoscaler.Spec.ScaleTargetRef)
	assert.Equal(t, int32(1), *autoscaler.Spec.MinReplicas)
	assert.Equal(t, int32(5), autoscaler.Spec.MaxReplicas)
	require.Len(t, autoscaler.Spec.Metrics, 1)
	assert.Equal(t, int32(70), *autoscaler.Spec.Metrics[0].Resource.Target.AverageUtilization)
	for _, c := range deployment.Spec.Template.Spec.Containers {
		assert.False(t, c.Resources.Requests.Cpu().IsZero(), "use in percent needs a request in every container: %s has none", c.Name)
	}
}

// Whatever scales has no replicas in its manifest, or each upgrade would set the number back; and as it may
// have several pods, it has what several pods need.
func TestWhatScalesHasNoReplicas(t *testing.T) {
	for name, test := range map[string]struct {
		set      table
		workload string
	}{
		"app-service": {appService(table{"enabled": true}), "sluice-app-service"},
		"collector":   {collector(table{"enabled": true}), "sluice-otel-collector"},
	} {
		t.Run(name, func(t *testing.T) {
			objects, _ := scaled(t, test.set)
			var replicas *int32
			var spec corev1.PodSpec
			found := 0
			for _, o := range objects {
				switch w := o.(type) {
				case *appsv1.StatefulSet:
					if w.Name == test.workload {
						replicas, spec = w.Spec.Replicas, w.Spec.Template.Spec
						assert.Equal(t, appsv1.RetainPersistentVolumeClaimRetentionPolicyType, w.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled)
						found++
						continue
					}
					assert.NotNil(t, w.Spec.Replicas, title(w))
				case *appsv1.Deployment:
					if w.Name == test.workload {
						replicas, spec = w.Spec.Replicas, w.Spec.Template.Spec
						found++
						continue
					}
					assert.NotNil(t, w.Spec.Replicas, title(w))
				}
			}
			require.Equal(t, 1, found)
			assert.Nil(t, replicas)
			assert.Len(t, spec.TopologySpreadConstraints, 2)
			assert.Equal(t, 1, named[*policyv1.PodDisruptionBudget](t, objects, test.workload).Spec.MaxUnavailable.IntValue(), "a single pod can still be evicted")
		})
	}
	t.Run("one at most", func(t *testing.T) {
		objects, _ := scaled(t, appService(table{"enabled": true, "maxReplicas": 1}))
		for _, budget := range of[*policyv1.PodDisruptionBudget](objects) {
			assert.NotEqual(t, "sluice-app-service", budget.Name)
		}
	})
}

func TestCollectorScalesByLag(t *testing.T) {
	objects, scaledObjects := scaled(t, collector(table{"enabled": true, "maxReplicas": 12, "lagThreshold": 100_000}))
	require.Len(t, scaledObjects, 1)
	document, err := json.Marshal(scaledObjects[0]["spec"])
	require.NoError(t, err)
	var spec struct {
		ScaleTargetRef  struct{ Kind, Name string }
		MinReplicaCount int
		MaxReplicaCount int
		Triggers        []struct {
			Type     string
			Metadata map[string]string
		}
	}
	require.NoError(t, json.Unmarshal(document, &spec))
	named[*appsv1.StatefulSet](t, objects, spec.ScaleTargetRef.Name)
	assert.Equal(t, "StatefulSet", spec.ScaleTargetRef.Kind)
	assert.Equal(t, 1, spec.MinReplicaCount)
	assert.Equal(t, 12, spec.MaxReplicaCount)
	require.Len(t, spec.Triggers, 1)
	trigger := spec.Triggers[0].Metadata
	assert.Equal(t, "100000", trigger["lagThreshold"], "not 1e+05")

	// It looks at the group and the topic that the collectors read.
	var config struct {
		Receivers struct {
			Kafka struct {
				Brokers []string
				GroupID string `json:"group_id"`
				Logs    struct{ Topic string }
			}
		}
	}
	content := named[*corev1.ConfigMap](t, objects, "sluice-otel-collector").Data["config.yaml"]
	require.NoError(t, yaml.Unmarshal([]byte(content), &config))
	assert.Equal(t, config.Receivers.Kafka.GroupID, trigger["consumerGroup"])
	assert.Equal(t, config.Receivers.Kafka.Logs.Topic, trigger["topic"])
	assert.Equal(t, config.Receivers.Kafka.Brokers, strings.Split(trigger["bootstrapServers"], ","))
}

// A collector that is removed must leave nothing on its volume, so it commits what is indexed only.
func TestCollectorsThatScaleKeepNoQueue(t *testing.T) {
	config := func(set table) (exporters []any, queue any) {
		objects, _ := scaled(t, set)
		var c table
		content := named[*corev1.ConfigMap](t, objects, "sluice-otel-collector").Data["config.yaml"]
		require.NoError(t, yaml.Unmarshal([]byte(content), &c)) // a merged key is set twice
		pipelines := c["service"].(table)["pipelines"].(table)
		exporters = pipelines["logs/kafka"].(table)["exporters"].([]any)
		used := map[any]bool{}
		for _, pipeline := range pipelines {
			for _, kind := range []string{"receivers", "exporters"} {
				for _, name := range pipeline.(table)[kind].([]any) {
					assert.Contains(t, c[kind], name, "%s of a pipeline", kind)
					used[name] = true
				}
			}
		}
		assert.True(t, used["otlp/queued"], "what the queue still holds would never be delivered")
		return exporters, c["exporters"].(table)[exporters[0].(string)].(table)["sending_queue"]
	}
	exporters, queue := config(collector(nil))
	assert.Equal(t, []any{"otlp/queued"}, exporters)
	assert.Equal(t, "file_storage", queue.(table)["storage"])
	exporters, queue = config(collector(table{"enabled": true}))
	assert.Equal(t, []any{"otlp/direct"}, exporters)
	assert.Equal(t, table{"enabled": false}, queue)
}

func TestAutoscalingThatCannotWork(t *testing.T) {
	for want, set := range map[string]table{
		"autoscaling of app-service: minReplicas is 4, more than maxReplicas (3)":        appService(table{"enabled": true, "minReplicas": 4}),
		"autoscaling of otel-collector: minReplicas is 5, more than maxReplicas (3)":     collector(table{"enabled": true, "minReplicas": 5}),
		"otelCollector.autoscaling.maxReplicas is 13, but the topic has only":            collector(table{"enabled": true, "maxReplicas": 13}),
		"at '/autoscaling/minReplicas': minimum: got 0, want 1":                          collector(table{"minReplicas": 0}),
		"at '/autoscaling/lagThreshold': minimum: got 0, want 1":                         collector(table{"lagThreshold": 0}),
		"at '/autoscaling': additional properties 'max' not allowed":                     collector(table{"max": 3}),
		"at '/appService/autoscaling/targetCPUUtilization': minimum: got 0, want 1":      appService(table{"targetCPUUtilization": 0}),
		"at '/appService/autoscaling': additional properties 'lagThreshold' not allowed": appService(table{"lagThreshold": 1}),
		"at '/logGenerator': additional properties 'autoscaling' not allowed":            {"generators": table{"logGenerator": table{"autoscaling": table{"enabled": true}}}},
		"additional properties 'autoscaling' not allowed":                                {"kafka": table{"autoscaling": table{"enabled": true}}},
	} {
		stack := Preset("prod")
		stack.Set = set
		_, err := stack.Render()
		assert.ErrorContains(t, err, want)
	}
}

// KEDA's own definition is the judge, as the API server applies it: no unknown field, no wrong value.
func TestScaledObjectsAreWhatKEDAKnows(t *testing.T) {
	definition := readCRD(t, "keda", "github.com/kedacore/keda/v2", "config/crd/bases/keda.sh_scaledobjects.yaml")
	_, scaledObjects := scaled(t, collector(table{"enabled": true}))
	require.NotEmpty(t, scaledObjects)
	for _, o := range scaledObjects {
		assert.Empty(t, definition.problems(t, o))
	}

	// The check itself can fail.
	broken := scaledObjects[0]
	spec := broken["spec"].(table)
	spec["maxReplicas"] = 3 // maxReplicaCount is meant
	assert.Equal(t, []string{"unknown field spec.maxReplicas"}, definition.problems(t, broken))
	spec["fallback"] = table{"failureThreshold": 3, "replicas": 1, "behavior": "none"}
	assert.Contains(t, strings.Join(definition.problems(t, broken), "\n"), `spec.fallback.behavior: Unsupported value: "none"`)

	_, custom := withCustom(t, collector(table{"enabled": true}))
	logins := custom["TriggerAuthentication"]
	require.Len(t, logins, 1)
	login := readCRD(t, "keda", "github.com/kedacore/keda/v2", "config/crd/bases/keda.sh_triggerauthentications.yaml")
	assert.Empty(t, login.problems(t, logins[0]))
}
