// Package nodepools are the nodes that values/values-prod.yaml is made for. The sim tier runs the profile on them, and
// the terraform tier checks that Terraform's defaults provision them.
package nodepools

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"sluice/internal/cluster"
)

// Pool is a node pool and the type of its instances on EC2. The capacity is what EKS' kubelets leave to pods: of 4 CPU
// 80m less, of the memory what the hypervisor, the kubelet's reservation for 58 pods and its eviction threshold take.
type Pool struct {
	cluster.NodePool

	InstanceType string
}

// Prod are the pools of three zones. A zone's stateful pods find room on the other node of their zone when one is drained.
var Prod = []Pool{
	{cluster.NodePool{Name: "stateful", Dedicated: true, PerZone: 2, Capacity: Capacity("3920m", "29Gi")}, "r6i.xlarge"}, // 4 CPU, 32 GiB
	{cluster.NodePool{Name: "general", PerZone: 1, Capacity: Capacity("3920m", "14Gi")}, "m6i.xlarge"},                   // 4 CPU, 16 GiB
	{cluster.NodePool{Name: "spark", Dedicated: true, PerZone: 1, Capacity: Capacity("3920m", "14Gi")}, "m6i.xlarge"},
}

// Simulated are the pools as nodes are simulated of them.
func Simulated(pools []Pool) []cluster.NodePool {
	nodes := make([]cluster.NodePool, 0, len(pools))
	for _, pool := range pools {
		nodes = append(nodes, pool.NodePool)
	}
	return nodes
}

// Capacity is that of a node, in Kubernetes' own units.
func Capacity(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(cpu),
		corev1.ResourceMemory: resource.MustParse(memory),
	}
}
