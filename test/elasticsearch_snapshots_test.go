package test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

func withSnapshots(t *testing.T, snapshots table) []object {
	t.Helper()
	snapshots["enabled"] = true
	return with(t, "prod", table{"elasticsearch": table{"snapshots": snapshots}})
}

// repositoryOf is what both Jobs register, and the settings of Elasticsearch beside it.
func repositoryOf(t *testing.T, objects []object) (repository table, settings string) {
	t.Helper()
	text := named[*corev1.ConfigMap](t, objects, "sluice-elasticsearch-setup").Data["repository.json"]
	assert.Equal(t, text, named[*corev1.ConfigMap](t, objects, "sluice-elasticsearch-snapshots").Data["repository.json"])
	require.NoError(t, json.Unmarshal([]byte(text), &repository))
	return repository, named[*corev1.ConfigMap](t, objects, "sluice-elasticsearch").Data["elasticsearch.yml"]
}

func TestSnapshotsIntoAVolume(t *testing.T) {
	objects := withSnapshots(t, table{})
	repository, settings := repositoryOf(t, objects)
	assert.Equal(t, table{"type": "fs", "settings": table{"location": "/usr/share/elasticsearch/snapshots"}}, repository)
	assert.Contains(t, settings, "path.repo: /usr/share/elasticsearch/snapshots\n")
	assert.Equal(t, "snapshots", variable(t, objects, "REPOSITORY"))
	claim := named[*corev1.PersistentVolumeClaim](t, objects, "sluice-elasticsearch-snapshots")
	assert.Equal(t, []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}, claim.Spec.AccessModes)
	assert.Equal(t, "keep", claim.Annotations["helm.sh/resource-policy"], "the snapshots go with the release")
	assert.Equal(t, "40 1 * * *", named[*batchv1.CronJob](t, objects, "sluice-elasticsearch-snapshots").Spec.Schedule)

	spec := named[*appsv1.StatefulSet](t, objects, "sluice-elasticsearch").Spec.Template.Spec
	assert.Empty(t, spec.ServiceAccountName)
	assert.True(t, slices.ContainsFunc(spec.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool {
		return m.Name == "snapshots" && m.MountPath == "/usr/share/elasticsearch/snapshots"
	}))
	exporter := named[*appsv1.Deployment](t, objects, "sluice-elasticsearch-exporter").Spec.Template.Spec.Containers[0]
	assert.Contains(t, exporter.Args, "--collector.snapshots", "no alert would know of them")
}

func TestSnapshotsIntoAClaimThatIsThere(t *testing.T) {
	objects := withSnapshots(t, table{"storage": table{"existingClaim": "shared", "accessMode": "ReadWriteOnce"}})
	assert.Empty(t, of[*corev1.PersistentVolumeClaim](objects))
	assert.True(t, slices.ContainsFunc(named[*appsv1.StatefulSet](t, objects, "sluice-elasticsearch").Spec.Template.Spec.Volumes, func(v corev1.Volume) bool {
		return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == "shared"
	}))
}

func TestSnapshotsIntoS3(t *testing.T) {
	const role = "arn:aws:iam::111122223333:role/snapshots"
	objects := withSnapshots(t, table{
		"config":         table{"type": "s3", "s3": table{"bucket": "example-snapshots", "region": "eu-west-1", "basePath": "sluice"}},
		"serviceAccount": table{"annotations": table{"eks.amazonaws.com/role-arn": role}},
	})
	repository, settings := repositoryOf(t, objects)
	assert.Equal(t, table{"type": "s3", "settings": table{"bucket": "example-snapshots", "base_path": "sluice"}}, repository)
	assert.Contains(t, settings, "s3.client.default.region: eu-west-1\n")
	assert.NotContains(t, settings, "path.repo")
	assert.Empty(t, of[*corev1.PersistentVolumeClaim](objects))
	account := named[*corev1.ServiceAccount](t, objects, "sluice-elasticsearch")
	assert.Equal(t, map[string]string{"eks.amazonaws.com/role-arn": role}, account.Annotations)

	spec := named[*appsv1.StatefulSet](t, objects, "sluice-elasticsearch").Spec.Template.Spec
	assert.Equal(t, account.Name, spec.ServiceAccountName)
	assert.False(t, *spec.AutomountServiceAccountToken, "the token for AWS is another one")
	assert.Contains(t, strings.Join(spec.InitContainers[0].Command, " "), "/config/repository-s3/aws-web-identity-token-file")

	// S3 is reached by the nodes, and by nobody else.
	var open []string
	for _, policy := range of[*networkingv1.NetworkPolicy](objects) {
		for _, rule := range policy.Spec.Egress {
			if len(rule.To) == 0 && rule.Ports[0].Port.IntVal == 443 {
				open = append(open, policy.Name)
			}
		}
	}
	assert.ElementsMatch(t, []string{"sluice-elasticsearch", "sluice-alertmanager"}, open)
}

func TestNoSnapshotsUnlessChosen(t *testing.T) {
	objects := presetObjects(t, "prod")
	settings := named[*corev1.ConfigMap](t, objects, "sluice-elasticsearch").Data["elasticsearch.yml"]
	assert.NotContains(t, settings, "path.repo")
	assert.NotContains(t, settings, "s3.client")
	assert.Empty(t, of[*corev1.PersistentVolumeClaim](objects))
	assert.Empty(t, of[*corev1.ServiceAccount](objects))
}

func TestSnapshotsThatCannotWork(t *testing.T) {
	for want, snapshots := range map[string]table{
		"elasticsearch.snapshots.config.s3.bucket is empty: set it":                                                     {"config": table{"type": "s3"}},
		"elasticsearch.snapshots.config.s3.region is empty: set it":                                                     {"config": table{"type": "s3", "s3": table{"bucket": "example"}}},
		"elasticsearch.snapshots.storage.accessMode is ReadWriteOnce, but 3 nodes write there: set it to ReadWriteMany": {"storage": table{"accessMode": "ReadWriteOnce"}},
		"at '/snapshots/config/type': value must be one of 'fs', 's3'":                                                  {"config": table{"type": "gcs"}},
		"at '/snapshots/config/keep/days': minimum: got 0, want 1":                                                      {"config": table{"keep": table{"days": 0}}},
		"at '/snapshots/config/s3': additional properties 'accessKey' not allowed":                                      {"config": table{"s3": table{"accessKey": "AKIA"}}},
	} {
		snapshots["enabled"] = true
		stack := Preset("prod")
		stack.Set = table{"elasticsearch": table{"snapshots": snapshots}}
		_, err := stack.Render()
		assert.ErrorContains(t, err, want)
	}
}
