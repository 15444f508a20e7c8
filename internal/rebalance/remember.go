package rebalance

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Annotation is where a release's Kafka remembers how many brokers hold partitions, for the chart, which refuses to
// remove others. It holds the StatefulSet's generation too, and so counts for no later state of it.
const Annotation = "sluice/brokers-in-use"

// Remember is called after a Run that has succeeded.
func Remember(ctx context.Context, client kubernetes.Interface, namespace, release string, brokers int) error {
	sets := client.AppsV1().StatefulSets(namespace)
	set, err := sets.Get(ctx, release+"-kafka", metav1.GetOptions{})
	if err != nil {
		return err
	}
	patch := fmt.Appendf(nil, `{"metadata":{"annotations":{%q:"%d of generation %d"}}}`, Annotation, brokers, set.Generation)
	_, err = sets.Patch(ctx, set.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}
