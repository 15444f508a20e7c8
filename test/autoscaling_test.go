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
)

func indexers(autoscaling table) table { return indexing(table{"autoscaling": autoscaling}) }

func logstashes(autoscaling table) table {
	return table{"logstash": table{"autoscaling": autoscaling}}
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
		"app-service":    {appService(table{"enabled": true}), "sluice-app-service"},
		"Logstash":       {logstashes(table{"enabled": true}), "sluice-logstash"},
		"indexer":        {indexers(table{"enabled": true}), "sluice-indexer"},
		"indexer by CPU": {indexers(table{"enabled": true, "by": "cpu"}), "sluice-indexer"},
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

// scaledObject is what KEDA is told.
type scaledObject struct {
	ScaleTargetRef  struct{ Kind, Name string }
	MinReplicaCount int
	MaxReplicaCount int
	CooldownPeriod  int
	Triggers        []struct {
		Type              string
		Metadata          map[string]string
		AuthenticationRef struct{ Name string }
	}
}

func scaledObjectOf(t *testing.T, set table) (scaledObject, []object) {
	t.Helper()
	objects, scaledObjects := scaled(t, set)
	require.Len(t, scaledObjects, 1)
	document, err := json.Marshal(scaledObjects[0]["spec"])
	require.NoError(t, err)
	var spec scaledObject
	require.NoError(t, json.Unmarshal(document, &spec))
	return spec, objects
}

func TestIndexerScalesByLag(t *testing.T) {
	spec, objects := scaledObjectOf(t, indexers(table{"enabled": true, "minReplicas": 0, "maxReplicas": 12, "lagThreshold": 100_000, "cooldownSeconds": 120}))
	named[*appsv1.Deployment](t, objects, spec.ScaleTargetRef.Name)
	assert.Equal(t, "Deployment", spec.ScaleTargetRef.Kind)
	assert.Zero(t, spec.MinReplicaCount)
	assert.Equal(t, 12, spec.MaxReplicaCount)
	assert.Equal(t, 120, spec.CooldownPeriod, "of the step to none")

	// It looks at the group and at all topics that the indexers read: with none of them left, nobody else would.
	config := indexerConfigOf(t, objects)
	read := map[string]bool{}
	for _, trigger := range spec.Triggers {
		assert.Equal(t, "100000", trigger.Metadata["lagThreshold"], "not 1e+05")
		assert.Equal(t, config.Kafka.Group, trigger.Metadata["consumerGroup"])
		assert.Equal(t, config.Kafka.Brokers, strings.Split(trigger.Metadata["bootstrapServers"], ","))
		assert.Equal(t, "sluice-indexer", trigger.AuthenticationRef.Name)
		read[trigger.Metadata["topic"]] = true
	}
	assert.Equal(t, map[string]bool{"prod-logs-topic": true, "log-anomalies": true}, read)
	for topic := range read {
		assert.Contains(t, config.Kafka.Topics, topic)
	}

	spec, _ = scaledObjectOf(t, indexers(table{"enabled": true}))
	assert.Equal(t, 1, spec.MinReplicaCount)
	assert.Zero(t, spec.CooldownPeriod, "there is no step to none")
}

func TestLogstashScalesByLag(t *testing.T) {
	spec, objects := scaledObjectOf(t, logstashes(table{"enabled": true}))
	assert.Equal(t, "StatefulSet", spec.ScaleTargetRef.Kind)
	config := named[*corev1.ConfigMap](t, objects, spec.ScaleTargetRef.Name).Data["logstash.conf"]
	for _, trigger := range spec.Triggers {
		assert.Contains(t, config, trigger.Metadata["consumerGroup"])
		assert.Contains(t, config, trigger.Metadata["topic"])
	}
}

func TestIndexerScalesByCPU(t *testing.T) {
	objects, scaledObjects := scaled(t, indexers(table{"enabled": true, "by": "cpu", "targetCPUUtilization": 150}))
	assert.Empty(t, scaledObjects)
	autoscaler := named[*autoscalingv2.HorizontalPodAutoscaler](t, objects, "sluice-indexer")
	assert.Equal(t, "Deployment", autoscaler.Spec.ScaleTargetRef.Kind)
	assert.Equal(t, "sluice-indexer", autoscaler.Spec.ScaleTargetRef.Name)
	assert.Equal(t, int32(150), *autoscaler.Spec.Metrics[0].Resource.Target.AverageUtilization)
	objects, _ = scaled(t, indexers(table{"by": "cpu"}))
	assert.Empty(t, of[*autoscalingv2.HorizontalPodAutoscaler](objects), "not switched on")
}

func TestAutoscalingThatCannotWork(t *testing.T) {
	for want, set := range map[string]table{
		"autoscaling of app-service: minReplicas is 4, more than maxReplicas (3)":        appService(table{"enabled": true, "minReplicas": 4}),
		"autoscaling of indexer: minReplicas is 5, more than maxReplicas (3)":            indexers(table{"enabled": true, "minReplicas": 5}),
		"indexer.autoscaling.maxReplicas is 13, but the topic has only":                  indexers(table{"enabled": true, "maxReplicas": 13}),
		"logstash.autoscaling.maxReplicas is 13, but the topic has only":                 logstashes(table{"enabled": true, "maxReplicas": 13}),
		"indexer.autoscaling.minReplicas is 0, but no pods use no CPU":                   indexers(table{"enabled": true, "by": "cpu", "minReplicas": 0}),
		"at '/autoscaling/minReplicas': minimum: got 0, want 1":                          logstashes(table{"minReplicas": 0}),
		"at '/autoscaling/minReplicas': minimum: got -1, want 0":                         indexers(table{"minReplicas": -1}),
		"at '/autoscaling/lagThreshold': minimum: got 0, want 1":                         indexers(table{"lagThreshold": 0}),
		"at '/autoscaling': additional properties 'max' not allowed":                     indexers(table{"max": 3}),
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
	_, scaledObjects := scaled(t, logstashes(table{"enabled": true}))
	_, others := scaled(t, indexers(table{"enabled": true, "minReplicas": 0}))
	scaledObjects = append(scaledObjects, others...)
	require.Len(t, scaledObjects, 2)
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

	_, custom := withCustom(t, indexers(table{"enabled": true}))
	logins := custom["TriggerAuthentication"]
	require.Len(t, logins, 1)
	login := readCRD(t, "keda", "github.com/kedacore/keda/v2", "config/crd/bases/keda.sh_triggerauthentications.yaml")
	assert.Empty(t, login.problems(t, logins[0]))
}
