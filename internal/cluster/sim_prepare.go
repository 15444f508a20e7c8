package cluster

import (
	"context"
	"os"
	"path/filepath"

	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"
)

const controlPlane = "node-role.kubernetes.io/control-plane" // kubeadm's label

// prepareForSimulation keeps simulated and real things apart.
func prepareForSimulation(ctx context.Context, client kubernetes.Interface, program kwok) error {
	if err := cordonRealNode(ctx, client); err != nil {
		return err
	}
	return simulateVolumes(ctx, client, filepath.Join(program.stages, "volume", "fast", "storage-class.yaml"))
}

// cordonRealNode keeps workloads away from the only node that would really run them, those that came before
// included: without a pod network they could only be tried again and again there.
func cordonRealNode(ctx context.Context, client kubernetes.Interface) error {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: controlPlane})
	if err != nil {
		return err
	}
	for _, node := range nodes.Items {
		patch := []byte(`{"spec": {"unschedulable": true}}`)
		if _, err := client.CoreV1().Nodes().Patch(ctx, node.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
			return err
		}
		if err := removePendingPods(ctx, client, node.Name); err != nil {
			return err
		}
	}
	return nil
}

func removePendingPods(ctx context.Context, client kubernetes.Interface, node string) error {
	pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: "status.phase=Pending,spec.nodeName=" + node})
	if err != nil {
		return err
	}
	for _, pod := range pods.Items {
		err := client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// simulateVolumes makes KWOK's storage class the default and the only one. kind's own would leave claims
// pending for ever: here its provisioner itself is only a simulated pod.
func simulateVolumes(ctx context.Context, client kubernetes.Interface, classFile string) error {
	text, err := os.ReadFile(classFile)
	if err != nil {
		return err
	}
	var class storagev1.StorageClass
	if err := yaml.UnmarshalStrict(text, &class); err != nil {
		return err
	}
	classes := client.StorageV1().StorageClasses()
	if err := classes.Delete(ctx, "standard", metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	if _, err := classes.Create(ctx, &class, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	return nil
}
