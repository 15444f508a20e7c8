package resize

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"

	"sluice/internal/usage"
)

var labels = map[string]string{"app.kubernetes.io/instance": "r", "app.kubernetes.io/name": "kafka"}

func requests(size string) corev1.VolumeResourceRequirements {
	return corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}}
}

func aClaim(name, size, class string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns", Labels: labels},
		Spec:       corev1.PersistentVolumeClaimSpec{StorageClassName: &class, Resources: requests(size)},
		Status:     corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound},
	}
}

func aStatefulSet(size string) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "r-kafka", Namespace: "ns", UID: "old", Labels: labels, Annotations: map[string]string{"meta.helm.sh/release-name": "r"}},
		Spec: appsv1.StatefulSetSpec{
			Replicas:             new(int32(2)),
			VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{Spec: corev1.PersistentVolumeClaimSpec{Resources: requests(size)}}},
		},
	}
}

var (
	grows = &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "grows"}, Provisioner: "p", AllowVolumeExpansion: new(true)}
	fixed = &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "fixed"}, Provisioner: "p"}
)

func attempt(t *testing.T, client *fake.Clientset, size string) error {
	t.Helper()
	return Resize{Client: client, Namespace: "ns", Release: "r", Component: "kafka", Size: size, Detail: t.Logf}.Run(t.Context())
}

func checkSizes(t *testing.T, client *fake.Clientset, size string) {
	t.Helper()
	claims, err := client.CoreV1().PersistentVolumeClaims("ns").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, claim := range claims.Items {
		assert.Equal(t, size, claim.Spec.Resources.Requests.Storage().String(), claim.Name)
	}
	set, err := client.AppsV1().StatefulSets("ns").Get(t.Context(), "r-kafka", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, size, set.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests.Storage().String())
	// All else is as it was: Helm still finds it its own, and no pod is scaled away.
	assert.Equal(t, aStatefulSet(size).Annotations, set.Annotations)
	assert.Equal(t, aStatefulSet(size).Spec, set.Spec)
}

func TestResize(t *testing.T) {
	client := fake.NewClientset(aClaim("data-r-kafka-0", "4Gi", "grows"), aClaim("data-r-kafka-1", "4Gi", "grows"), aStatefulSet("4Gi"), grows)
	require.NoError(t, attempt(t, client, "20Gi"))
	checkSizes(t, client, "20Gi")
	for _, action := range client.Actions() {
		if deleted, ok := action.(kubetesting.DeleteActionImpl); ok {
			assert.Equal(t, metav1.DeletePropagationOrphan, *deleted.DeleteOptions.PropagationPolicy, "the pods would go too")
		}
	}
}

// An interrupted run is gone on with, wherever it was.
func TestResizeMayBeRepeated(t *testing.T) {
	for name, objects := range map[string][]runtime.Object{
		"some claims": {aClaim("data-r-kafka-0", "20Gi", "grows"), aClaim("data-r-kafka-1", "4Gi", "grows"), aStatefulSet("4Gi")},
		"all claims":  {aClaim("data-r-kafka-0", "20Gi", "grows"), aStatefulSet("4Gi")},
		"everything":  {aClaim("data-r-kafka-0", "20Gi", "grows"), aStatefulSet("20Gi")},
	} {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset(append(objects, grows)...)
			require.NoError(t, attempt(t, client, "20Gi"))
			checkSizes(t, client, "20Gi")
		})
	}
	err := attempt(t, fake.NewClientset(aClaim("data-r-kafka-0", "20Gi", "grows"), grows), "20Gi")
	require.EqualError(t, err, "StatefulSet r-kafka is not there: helm upgrade with kafka.storage.size=20Gi makes it, and it takes up its pods and volumes")
	assert.Equal(t, 2, usage.ExitCode(err))
}

func TestResizeRefuses(t *testing.T) {
	unbound := aClaim("data-r-kafka-0", "4Gi", "grows")
	unbound.Status.Phase = corev1.ClaimPending
	for want, c := range map[string]struct {
		claim *corev1.PersistentVolumeClaim
		size  string
	}{
		`size "much": set --size to a quantity such as 20Gi`:                                                     {aClaim("c", "4Gi", "grows"), "much"},
		`size "-1Gi": set --size to a quantity such as 20Gi`:                                                     {aClaim("c", "4Gi", "grows"), "-1Gi"},
		"claim c has 4Gi: no volume can be made smaller, set --size to more":                                     {aClaim("c", "4Gi", "grows"), "3Gi"},
		"claim c has no storage class: nobody would enlarge its volume":                                          {aClaim("c", "4Gi", ""), "5Gi"},
		"claim data-r-kafka-0 has no volume yet (Pending): wait for it, or delete the claim":                     {unbound, "5Gi"},
		"storage class fixed of claim c lets no volume grow: set its allowVolumeExpansion if its driver (p) can": {aClaim("c", "4Gi", "fixed"), "5Gi"},
		"r-kafka has no volumes in namespace ns: see kubectl -n ns get pvc":                                      {nil, "5Gi"},
	} {
		objects := []runtime.Object{aStatefulSet("4Gi"), grows, fixed}
		if c.claim != nil {
			objects = append(objects, c.claim)
		}
		client := fake.NewClientset(objects...)
		err := attempt(t, client, c.size)
		require.EqualError(t, err, want)
		assert.Equal(t, 2, usage.ExitCode(err))
		for _, action := range client.Actions() {
			assert.Contains(t, []string{"get", "list"}, action.GetVerb(), "%s: something was changed all the same", want)
		}
	}
	_, err := Key("kafak")
	require.EqualError(t, err, `component "kafak": set --component to one of alertmanager, elasticsearch, grafana, kafka, logstash, prometheus, spark-master, spark-streaming-job, zookeeper`)
	assert.Equal(t, 2, usage.ExitCode(err))
}

// Whoever is left without a StatefulSet is told how to get it back.
func TestResizeTellsOfALostStatefulSet(t *testing.T) {
	client := fake.NewClientset(aClaim("data-r-kafka-0", "4Gi", "grows"), aStatefulSet("4Gi"), grows)
	client.PrependReactor("create", "statefulsets", func(kubetesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("quota")
	})
	require.EqualError(t, attempt(t, client, "20Gi"),
		"StatefulSet r-kafka was deleted, its pods run on, and it could not be made anew: quota: helm upgrade with kafka.storage.size=20Gi makes it")
}
