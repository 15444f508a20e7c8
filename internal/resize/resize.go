// Package resize makes the volumes of a running component larger, which Helm can't: the claims in a StatefulSet can
// never be changed.
package resize

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"sluice/internal/usage"
)

// keys are the values that hold the size of a component's volumes.
var keys = map[string]string{
	"alertmanager":        "prometheus.alertmanager.storage.size",
	"elasticsearch":       "elasticsearch.storage.size",
	"grafana":             "grafana.storage.size",
	"kafka":               "kafka.storage.size",
	"logstash":            "logstash.storage.size",
	"prometheus":          "prometheus.storage.size",
	"spark-master":        "spark.master.storage.size",
	"spark-streaming-job": "spark.streamingJob.storage.size",
	"zookeeper":           "zookeeper.storage.size",
}

// Key is the value of the chart that holds the size of a component's volumes.
func Key(component string) (string, error) {
	if key, ok := keys[component]; ok {
		return key, nil
	}
	return "", usage.Errorf("component %q: set --component to one of %s", component, strings.Join(slices.Sorted(maps.Keys(keys)), ", "))
}

// Resize gives all volumes of a component of a release another size.
type Resize struct {
	Client             kubernetes.Interface
	Namespace, Release string
	Component, Size    string
	Detail             func(format string, args ...any)
}

// Run first checks everything, then enlarges the claims, and then puts a StatefulSet with the new size in the place of
// the old one, whose pods go on meanwhile. It may be interrupted and repeated. Helm has to be told the size afterwards.
func (r Resize) Run(ctx context.Context) error {
	size, err := resource.ParseQuantity(r.Size)
	if err != nil || size.Sign() <= 0 {
		return usage.Errorf("size %q: set --size to a quantity such as 20Gi", r.Size)
	}
	claims, err := r.claims(ctx)
	if err != nil {
		return err
	}
	if err := r.check(ctx, claims, size); err != nil {
		return err
	}
	for _, claim := range claims {
		r.Detail("%s: %s", claim.Name, r.Size)
		patch := fmt.Appendf(nil, `{"spec":{"resources":{"requests":{"storage":%q}}}}`, size.String())
		if _, err := r.Client.CoreV1().PersistentVolumeClaims(r.Namespace).Patch(ctx, claim.Name, types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return fmt.Errorf("claim %s: %w", claim.Name, err)
		}
	}
	r.Detail("StatefulSet %s", r.name())
	return r.replace(ctx, size)
}

func (r Resize) name() string { return r.Release + "-" + r.Component }

// claims are those of the component's pods, also of pods that were scaled away.
func (r Resize) claims(ctx context.Context) ([]corev1.PersistentVolumeClaim, error) {
	selector := "app.kubernetes.io/instance=" + r.Release + ",app.kubernetes.io/name=" + r.Component
	list, err := r.Client.CoreV1().PersistentVolumeClaims(r.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, usage.Errorf("%s has no volumes in namespace %s: see kubectl -n %s get pvc", r.name(), r.Namespace, r.Namespace)
	}
	return list.Items, nil
}

// check returns a usage error for what Kubernetes would refuse, before anything is changed.
func (r Resize) check(ctx context.Context, claims []corev1.PersistentVolumeClaim, size resource.Quantity) error {
	for _, claim := range claims {
		has := claim.Spec.Resources.Requests[corev1.ResourceStorage]
		switch {
		case size.Cmp(has) < 0:
			return usage.Errorf("claim %s has %s: no volume can be made smaller, set --size to more", claim.Name, has.String())
		case size.Equal(has):
			continue
		case claim.Status.Phase != corev1.ClaimBound:
			return usage.Errorf("claim %s has no volume yet (%s): wait for it, or delete the claim", claim.Name, claim.Status.Phase)
		case claim.Spec.StorageClassName == nil || *claim.Spec.StorageClassName == "":
			return usage.Errorf("claim %s has no storage class: nobody would enlarge its volume", claim.Name)
		}
		class, err := r.Client.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("storage class of claim %s: %w", claim.Name, err)
		}
		if class.AllowVolumeExpansion == nil || !*class.AllowVolumeExpansion {
			return usage.Errorf("storage class %s of claim %s lets no volume grow: set its allowVolumeExpansion if its driver (%s) can", class.Name, claim.Name, class.Provisioner)
		}
	}
	return nil
}

// replace leaves the pods without their StatefulSet for a moment; the new one finds them by their labels.
func (r Resize) replace(ctx context.Context, size resource.Quantity) error {
	sets := r.Client.AppsV1().StatefulSets(r.Namespace)
	old, err := sets.Get(ctx, r.name(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) { // an earlier run was interrupted just here
		return usage.Errorf("StatefulSet %s is not there: helm upgrade with %s=%s makes it, and it takes up its pods and volumes", r.name(), keys[r.Component], r.Size)
	}
	if err != nil {
		return err
	}
	larger := old.DeepCopy()
	larger.ObjectMeta = metav1.ObjectMeta{Name: old.Name, Namespace: old.Namespace, Labels: old.Labels, Annotations: old.Annotations}
	larger.Status = appsv1.StatefulSetStatus{}
	same := true
	for _, template := range larger.Spec.VolumeClaimTemplates {
		same = same && size.Equal(template.Spec.Resources.Requests[corev1.ResourceStorage])
		template.Spec.Resources.Requests[corev1.ResourceStorage] = size
	}
	if same {
		return nil
	}
	orphan := metav1.DeletePropagationOrphan
	if err := sets.Delete(ctx, old.Name, metav1.DeleteOptions{PropagationPolicy: &orphan, Preconditions: &metav1.Preconditions{UID: &old.UID}}); err != nil {
		return err
	}
	// Deleting takes until the garbage collector has let go of the pods.
	err = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		_, err := sets.Create(ctx, larger, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("StatefulSet %s was deleted, its pods run on, and it could not be made anew: %w: helm upgrade with %s=%s makes it", old.Name, err, keys[r.Component], r.Size)
	}
	return nil
}
