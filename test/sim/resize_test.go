//go:build sim

package sim

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/release"
	"sluice/internal/resize"
	"sluice/internal/usage"
)

// Larger volumes for a running Kafka: every pod and every claim stays, the next upgrade finds nothing to change. The
// class has no driver, so what is checked is what the API server and the controllers do.
func TestResize(t *testing.T) {
	s := start(t, prodPools)
	r := s.emptyRelease(t, "sluice-resize")
	s.growingVolumes(t, r)
	values := []string{filepath.Join(repository(t), "values/values-prod.yaml")}
	apply := func(size string) error {
		return r.Apply(t.Context(), chartDir(t), values, []string{"kafka.storage.className=grows", "kafka.storage.size=" + size})
	}
	require.NoError(t, apply("10Gi"))
	require.NoError(t, r.Wait(t.Context(), s.client, func(string, ...any) {}))
	pods, claims := s.podIDs(t, r.Namespace), s.claimIDs(t, r.Namespace)

	err := apply("20Gi")
	require.ErrorContains(t, err, "storage.size of kafka is 20Gi, but its volumes were made with 10Gi, which helm upgrade can't change: "+
		"set it to 10Gi, or make them larger with sluice resize --component kafka --size 20Gi first")
	grow := func(component, size string) error {
		return resize.Resize{
			Client: s.client, Namespace: r.Namespace, Release: r.Name, Component: component, Size: size, Detail: t.Logf,
		}.Run(t.Context())
	}
	err = grow("zookeeper", "20Gi")
	require.ErrorContains(t, err, "lets no volume grow", "the cluster's own class")
	require.Equal(t, 2, usage.ExitCode(err))

	require.NoError(t, grow("kafka", "20Gi"))
	require.NoError(t, apply("20Gi"), "the next upgrade")
	require.NoError(t, r.Wait(t.Context(), s.client, func(string, ...any) {}))
	assert.Empty(t, differences(pods, s.podIDs(t, r.Namespace)), "pods that did not stay")
	assert.Equal(t, claims, s.claimIDs(t, r.Namespace), "claims that did not stay")
	for i := range 3 {
		claim, err := s.client.CoreV1().PersistentVolumeClaims(r.Namespace).Get(t.Context(), fmt.Sprintf("data-sluice-kafka-%d", i), metav1.GetOptions{})
		require.NoError(t, err)
		assert.Equal(t, "20Gi", claim.Spec.Resources.Requests.Storage().String(), claim.Name)
	}
	s.uninstall(t, r)
}

// growingVolumes makes a class that lets volumes grow, and three volumes of it.
func (s simulation) growingVolumes(t *testing.T, r release.Release) {
	t.Helper()
	require.NoError(t, s.client.CoreV1().PersistentVolumeClaims(r.Namespace).DeleteCollection(t.Context(), metav1.DeleteOptions{}, r.Selector()))
	class := &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: "grows"}, Provisioner: "kubernetes.io/no-provisioner", AllowVolumeExpansion: new(true),
	}
	_, err := s.client.StorageV1().StorageClasses().Create(t.Context(), class, metav1.CreateOptions{})
	require.True(t, err == nil || apierrors.IsAlreadyExists(err), err)
	for i := range 3 {
		volume := &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{GenerateName: fmt.Sprintf("grows-%d-", i)},
			Spec: corev1.PersistentVolumeSpec{
				Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")}, AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				StorageClassName: class.Name, PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimRetain,
				PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/none"}},
			},
		}
		made, err := s.client.CoreV1().PersistentVolumes().Create(t.Context(), volume, metav1.CreateOptions{})
		require.NoError(t, err)
		t.Cleanup(func() {
			assert.NoError(t, s.client.CoreV1().PersistentVolumes().Delete(context.Background(), made.Name, metav1.DeleteOptions{}))
		})
	}
}

// claimIDs are the unique ids of the claims by name.
func (s simulation) claimIDs(t *testing.T, namespace string) map[string]string {
	t.Helper()
	ids := map[string]string{}
	claims, err := s.client.CoreV1().PersistentVolumeClaims(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, claim := range claims.Items {
		ids[claim.Name] = string(claim.UID)
	}
	return ids
}
