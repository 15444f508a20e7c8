//go:build sim

package sim

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/cluster"
	"sluice/internal/size"
	"sluice/test/live"
)

// What `sluice size` writes installs on the nodes that it plans: every pod finds a place, in the pool that is meant for it.
func TestSizedPlansAreScheduled(t *testing.T) {
	s := start(t, onePool(1)) // the cluster's own creation is not counted
	rates := []float64{100, 20_000}
	if live.Soak {
		rates = append(rates, 5_000_000)
	} else {
		t.Log("left out: 5,000,000 events a second, on some 1,200 nodes; SLUICE_SOAK=1 for them too")
	}
	for _, rate := range rates {
		name := fmt.Sprintf("%.0f a second", rate)
		t.Run(name, func(t *testing.T) {
			timed(t, name, func() { s.schedule(t, rate) })
		})
	}
}

func (s simulation) schedule(t *testing.T, rate float64) {
	coefficients, err := size.Defaults()
	require.NoError(t, err)
	in := size.DefaultInput(coefficients)
	in.Rate = rate
	plan, err := size.New(in, coefficients)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, plan.Write(dir))
	s.nodesOf(t, plannedPools(plan))

	r := s.emptyRelease(t, "sluice-size")
	require.NoError(t, r.Apply(t.Context(), chartDir(t), []string{filepath.Join(repository(t), "values/values-prod.yaml"), filepath.Join(dir, size.ValuesFile)}, nil))
	pods := s.waitForPlaces(t, r.Namespace, plan)

	poolOfNode := map[string]string{}
	nodes, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: "sluice/pool"})
	require.NoError(t, err)
	for _, node := range nodes.Items {
		poolOfNode[node.Name] = node.Labels["sluice/pool"]
	}
	want := map[string]string{}
	for _, pool := range plan.Pools {
		for _, component := range pool.Components {
			want[component] = pool.Name
		}
	}
	strangers := 0
	for _, pod := range pods {
		if pool := want[pod.Labels["app.kubernetes.io/name"]]; pool != "" && poolOfNode[pod.Spec.NodeName] != pool {
			strangers++
		}
	}
	assert.Zero(t, strangers, "pods on nodes of another pool than theirs")
	t.Logf("%d pods on %d nodes", len(pods), len(nodes.Items))
}

// waitForPlaces returns the pods once there are as many as planned and all have a node.
func (s simulation) waitForPlaces(t *testing.T, namespace string, plan size.Plan) []corev1.Pod {
	t.Helper()
	want := plan.Kafka.Pods + plan.Elasticsearch.Pods + plan.Engine.Pods + plan.Spark.Pods
	deadline := time.Now().Add(timeout)
	for {
		pods, err := s.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
		require.NoError(t, err)
		waiting, last := 0, ""
		for _, pod := range pods.Items {
			if pod.Spec.NodeName == "" {
				waiting++
				for _, condition := range pod.Status.Conditions {
					last = pod.Name + ": " + condition.Message
				}
			}
		}
		if waiting == 0 && len(pods.Items) >= want {
			return pods.Items
		}
		require.True(t, time.Now().Before(deadline), "%d pods, %d of them without a node: %s", len(pods.Items), waiting, last)
		time.Sleep(time.Second)
	}
}

// plannedPools are the plan's pools as nodes are simulated of them. What the cluster itself runs on each is taken off.
func plannedPools(plan size.Plan) []cluster.NodePool {
	var pools []cluster.NodePool
	for _, pool := range plan.Pools {
		cpu := pool.Instance.CPU() - plan.Coefficients.Value("aws.node_cpu_system")
		memory := float64(pool.Instance.MemoryGiB()) - plan.Coefficients.Value("aws.node_memory_gib_system")
		pools = append(pools, cluster.NodePool{Name: pool.Name, Dedicated: pool.Dedicated, PerZone: pool.PerZone, Capacity: corev1.ResourceList{
			corev1.ResourceCPU:    *resource.NewMilliQuantity(int64(cpu*1000), resource.DecimalSI),
			corev1.ResourceMemory: *resource.NewQuantity(int64(memory*(1<<20))<<10, resource.BinarySI),
		}})
	}
	return pools
}
