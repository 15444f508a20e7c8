//go:build zones

package zones

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/test/live"
)

// Three nodes of Elasticsearch save their shards to one volume that all of them write to, and bring them back beside themselves.
func TestSnapshots(t *testing.T) {
	live.SoakOnly(t)
	r, l := underLoad(t)
	r.shareVolume(t, "snapshots")
	r.change(t, "elasticsearch.snapshots.enabled=true", "elasticsearch.snapshots.storage.existingClaim=snapshots")
	t.Cleanup(func() {
		assert.NoError(t, r.tryChange(context.WithoutCancel(t.Context()), "elasticsearch.snapshots.enabled=false"))
	})
	r.waitRollout(t, "elasticsearch")
	l.stop(t)
	l.check(t)

	began := time.Now()
	t.Logf("taken: %s", r.SnapshotJob(t, 0))
	taken := time.Since(began)
	const prefix = "restored-"
	restored := *r
	restored.index = prefix + r.index + "-2*"
	t.Cleanup(func() {
		var indices []struct{ Index string }
		ctx := context.WithoutCancel(t.Context())
		assert.NoError(t, r.elastic(ctx, "GET", "_cat/indices/"+prefix+"*?format=json&h=index", "", &indices))
		for _, index := range indices {
			assert.NoError(t, r.elastic(ctx, "DELETE", index.Index, "", nil))
		}
	})
	began = time.Now()
	r.SnapshotJob(t, 0, "ACTION=restore", "PREFIX="+prefix)
	t.Logf("taken in %.0f s, restored in %.0f s", taken.Seconds(), time.Since(began).Seconds())
	l.r = &restored
	l.check(t)
}

// shareVolume makes a claim of the directory that all workers share.
func (r *release) shareVolume(t *testing.T, claim string) {
	t.Helper()
	const path = "/var/local/shared"
	_, err := live.Docker(t.Context(), "exec", r.workers(t)[0], "chmod", "0777", path)
	require.NoError(t, err)
	class, size := "", corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}
	modes := []corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}
	volumes, claims := r.CoreV1().PersistentVolumes(), r.CoreV1().PersistentVolumeClaims(name)
	_, err = volumes.Create(t.Context(), &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: claim},
		Spec: corev1.PersistentVolumeSpec{
			Capacity: size, AccessModes: modes,
			PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}},
			ClaimRef:               &corev1.ObjectReference{Namespace: name, Name: claim},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = claims.Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: claim},
		Spec:       corev1.PersistentVolumeClaimSpec{AccessModes: modes, StorageClassName: &class, VolumeName: claim, Resources: corev1.VolumeResourceRequirements{Requests: size}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		assert.NoError(t, claims.Delete(ctx, claim, metav1.DeleteOptions{}))
		assert.NoError(t, volumes.Delete(ctx, claim, metav1.DeleteOptions{}))
	})
}
