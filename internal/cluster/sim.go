package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"

	"sluice/internal/kube"
	"sluice/internal/usage"
)

const (
	fakeNode     = "kwok.x-k8s.io/node" // the annotation, with value "fake", of the nodes that KWOK serves
	fieldManager = "sluice"
)

// applyAtOnce bounds the nodes that are applied at a time: each waits for the disk of the API server's store.
const applyAtOnce = 16

// podsPerNode is the kubelet's own default.
var podsPerNode = resource.MustParse("110")

// NodePool is a group of simulated nodes of one size.
type NodePool struct {
	Name      string // the value of their label sluice/pool
	Dedicated bool   // whether they have a taint of the same key and value
	PerZone   int
	Capacity  corev1.ResourceList // of each; all of it can be requested by pods
}

// poolKey is the label, and the taint, that tells a node's pool. The chart's pods know it too.
const poolKey = "sluice/pool"

// Simulate gives the cluster exactly these nodes beside its real one, called sim-<zone>-<pool>-<i>. Their
// pods become ready, and those of Jobs end well, without anything being run. It returns once all of them
// are Ready.
func (c *Cluster) Simulate(ctx context.Context, zones []string, pools []NodePool) error {
	if c.topology != "sim" {
		return usage.Errorf("nodes are simulated in the topology sim only, not in %q: set --topology sim", c.topology)
	}
	client, err := kube.New(c.Kubeconfig)
	if err != nil {
		return err
	}
	program, err := buildKwok(ctx, c.detail.Infof)
	if err != nil {
		return err
	}
	if err := prepareForSimulation(ctx, client, program); err != nil {
		return err
	}
	if err := c.runKwok(ctx, client, program); err != nil {
		return err
	}
	nodes := simulatedNodes(zones, pools)
	if err := applyNodes(ctx, client, nodes); err != nil {
		return err
	}
	return c.waitForSimulated(ctx, client, len(nodes))
}

func simulatedNodes(zones []string, pools []NodePool) map[string]*apply.NodeApplyConfiguration {
	nodes := map[string]*apply.NodeApplyConfiguration{}
	for _, pool := range pools {
		for _, zone := range zones {
			for i := range pool.PerZone {
				name := fmt.Sprintf("sim-%s-%s-%d", zone, pool.Name, i)
				nodes[name] = pool.node(name, zone)
			}
		}
	}
	return nodes
}

func (p NodePool) node(name, zone string) *apply.NodeApplyConfiguration {
	capacity := maps.Clone(p.Capacity)
	capacity[corev1.ResourcePods] = podsPerNode
	node := apply.Node(name).
		WithAnnotations(map[string]string{fakeNode: "fake"}).
		WithLabels(map[string]string{
			corev1.LabelTopologyZone: zone,
			corev1.LabelHostname:     name,
			corev1.LabelOSStable:     "linux",
			corev1.LabelArchStable:   runtime.GOARCH,
			poolKey:                  p.Name,
		}).
		WithStatus(apply.NodeStatus().WithCapacity(capacity).WithAllocatable(capacity))
	if p.Dedicated {
		node.WithSpec(apply.NodeSpec().WithTaints(
			apply.Taint().WithKey(poolKey).WithValue(p.Name).WithEffect(corev1.TaintEffectNoSchedule)))
	}
	return node
}

// applyNodes creates, changes and deletes simulated nodes until there are exactly these.
func applyNodes(ctx context.Context, client kubernetes.Interface, nodes map[string]*apply.NodeApplyConfiguration) error {
	api, options := client.CoreV1().Nodes(), metav1.ApplyOptions{FieldManager: fieldManager, Force: true}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(applyAtOnce)
	for _, node := range nodes {
		group.Go(func() error {
			applied, err := api.Apply(groupCtx, node, options)
			if err != nil || equality.Semantic.DeepEqual(applied.Status.Capacity, *node.Status.Capacity) {
				return err
			}
			_, err = api.ApplyStatus(groupCtx, node, options) // the first call takes the status of a new node only
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	existing, err := api.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, node := range existing.Items {
		if node.Annotations[fakeNode] == "" || nodes[node.Name] != nil {
			continue
		}
		if err := api.Delete(ctx, node.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

func (c *Cluster) waitForSimulated(ctx context.Context, client kubernetes.Interface, want int) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		ready, err := servedNodes(ctx, client)
		if err == nil {
			c.detail.Infof("%d of %d simulated nodes ready", ready, want)
			if ready == want {
				return nil
			}
		}
		if pid, err := c.kwokPid(); err != nil || pid == 0 {
			return errors.Join(fmt.Errorf("kwok ended: see %s", c.kwokFile("log")), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d simulated nodes ready: %w: see %s", ready, want, errors.Join(context.Cause(ctx), err), c.kwokFile("log"))
		case <-time.After(time.Second):
		}
	}
}

// servedNodes counts the simulated nodes that are Ready and whose lease KWOK holds: the lease tells a node
// that is served now from one that a killed KWOK left Ready.
func servedNodes(ctx context.Context, client kubernetes.Interface) (int, error) {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	leases, err := client.CoordinationV1().Leases(corev1.NamespaceNodeLease).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	leased := map[string]bool{}
	for _, lease := range leases.Items {
		leased[lease.Name] = true
	}
	served := 0
	for _, node := range nodes.Items {
		if node.Annotations[fakeNode] != "" && leased[node.Name] && allReady([]corev1.Node{node}) {
			served++
		}
	}
	return served, nil
}
