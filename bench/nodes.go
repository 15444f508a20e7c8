package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/cluster"
	"sluice/internal/images"
	"sluice/internal/kube"
	"sluice/internal/progress"
	"sluice/internal/release"
	"sluice/internal/usage"
)

// nodeCounts are those of the simulated clusters: some ten, hundred and thousand, as many in each of three zones.
var nodeCounts = []int{12, 102, 1002}

const installTimeout = 10 * time.Minute

// nodes measures on simulated nodes how long the installation of a stack takes that grows with them. Scheduling, admission and the
// controllers are real, containers are not.
func nodes(ctx context.Context, b *bench, all *results.Results) error {
	sim, err := cluster.New("sim")
	if err != nil {
		return err
	}
	if exists, err := sim.Exists(); err != nil {
		return err
	} else if exists {
		return usage.Errorf("the cluster %s is there already: delete it (go run ./cmd/sluice --topology sim down)", sim.Name)
	}
	defer func() {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := sim.Delete(after); err != nil {
			b.out.Printf("the cluster %s could not be deleted: %v", sim.Name, err)
		}
	}()
	seconds, pods := map[int][]float64{}, map[int]int{}
	err = b.out.Do("Installation on simulated nodes", func(s *progress.Step) error {
		plan, err := images.NewPlan(ctx, b.repository, images.Auto)
		if err != nil {
			return err
		}
		if err := sim.Ensure(ctx, plan.NodeImage(), s.Detail); err != nil {
			return err
		}
		for i := range b.runs {
			for _, n := range measure.Order(nodeCounts, i) {
				s.Detail("run %d of %d, %d nodes", i+1, b.runs, n)
				took, count, err := b.install(ctx, sim, n)
				if err != nil {
					return fmt.Errorf("%d nodes: %w", n, err)
				}
				seconds[n], pods[n] = append(seconds[n], took.Seconds()), count
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	all.Nodes = map[string]results.Installation{}
	for _, n := range nodeCounts {
		var each []float64
		for _, s := range seconds[n] {
			each = append(each, s/float64(pods[n]))
		}
		all.Nodes["n"+strconv.Itoa(n)] = results.Installation{
			Nodes: n, Pods: pods[n], Seconds: measure.Of(seconds[n]), SecondsPerPod: measure.Of(each),
		}
	}
	return nil
}

// install is the time from `helm install` until everything is ready on n nodes, and the pods that it comes to.
func (b *bench) install(parent context.Context, sim *cluster.Cluster, n int) (took time.Duration, pods int, err error) {
	ctx, cancel := context.WithTimeout(parent, installTimeout)
	defer cancel()
	zones := []string{"a", "b", "c"}
	if err := sim.Simulate(ctx, zones, []cluster.NodePool{{Name: "general", PerZone: n / len(zones), Capacity: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"),
	}}}); err != nil {
		return 0, 0, err
	}
	client, err := kube.New(sim.Kubeconfig)
	if err != nil {
		return 0, 0, err
	}
	r := release.Release{Kubeconfig: sim.Kubeconfig, Namespace: "bench-nodes", Name: "sluice"}
	if err := r.EnsureNamespace(ctx, client); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := r.Apply(ctx, filepath.Join(b.repository, "charts", "sluice"), nil, []string{
		"zookeeper.replicas=3", "kafka.config.replicationFactor=3", "kafka.config.minInSyncReplicas=2",
		fmt.Sprintf("kafka.replicas=%d", max(3, n*6/100)),
		fmt.Sprintf("elasticsearch.replicas=%d", max(3, n*6/100)),
		fmt.Sprintf("generators.appService.replicas=%d", n*45/100),
	}); err != nil {
		return 0, 0, err
	}
	if err := r.Wait(ctx, client, func(string, ...any) {}); err != nil {
		return 0, 0, err
	}
	took = time.Since(began)
	list, err := client.CoreV1().Pods(r.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, 0, err
	}
	if err := r.Uninstall(); err != nil {
		return 0, 0, err
	}
	// Volumes outlive the release, as everywhere; the next installation shall find none.
	return took, len(list.Items), client.CoreV1().PersistentVolumeClaims(r.Namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{})
}
