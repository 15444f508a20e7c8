//go:build zones

package zones

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/test/live"
)

// The way of docs/scaling.md from three nodes of Elasticsearch to two and back, under load.
func TestScaleElasticsearch(t *testing.T) {
	live.SoakOnly(t)
	r, l := underLoad(t)
	s := r.startSearch(t)
	began := time.Now()
	r.change(t, "elasticsearch.config.bootstrap=false")
	r.waitRollout(t, "elasticsearch")
	t.Logf("the nodes do not bootstrap any more after %.0f s", time.Since(began).Seconds())

	began = time.Now()
	const leaving = name + "-elasticsearch-2"
	r.exclude(t, `"`+leaving+`"`)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var shards []struct{ Node string }
		require.NoError(c, r.elastic(t.Context(), "GET", "_cat/shards?format=json&h=node", "", &shards))
		require.NotEmpty(c, shards)
		for _, shard := range shards {
			require.False(c, strings.Contains(shard.Node, leaving), "shards are on %s", leaving)
		}
	}, 5*time.Minute, time.Second)
	require.NoError(t, r.elastic(t.Context(), "POST", "_cluster/voting_config_exclusions?node_names="+leaving, "", nil))
	r.change(t, "elasticsearch.replicas=2")
	r.waitRollout(t, "elasticsearch")
	require.NoError(t, r.elastic(t.Context(), "DELETE", "_cluster/voting_config_exclusions?wait_for_removal=false", "", nil))
	r.exclude(t, "null")
	r.awaitNodes(t, 2)
	t.Logf("from three nodes to two in %.0f s", time.Since(began).Seconds())

	began = time.Now()
	require.NoError(t, r.CoreV1().PersistentVolumeClaims(name).Delete(t.Context(), "data-"+leaving, metav1.DeleteOptions{}))
	r.change(t, "elasticsearch.replicas=3")
	r.waitRollout(t, "elasticsearch")
	r.awaitNodes(t, 3)
	t.Logf("from two nodes to three in %.0f s", time.Since(began).Seconds())
	s.stop()
	l.stop(t)
	t.Logf("no answer to a search for %.1f s at most, red at %d of %d polls", s.longest.Seconds(), s.red, s.polls)
	assert.LessOrEqual(t, s.longest, unavailable(), "searches may not fail for longer")
	assert.Zero(t, s.red, "polls that found Elasticsearch red")
	l.check(t)
}

// The way of docs/scaling.md from three servers of ZooKeeper to five and back, under load. Each time all of them restart.
func TestScaleZooKeeper(t *testing.T) {
	live.SoakOnly(t)
	r, l := underLoad(t)
	for _, servers := range []int{4, 5, 4, 3} {
		began := time.Now()
		r.change(t, fmt.Sprintf("zookeeper.replicas=%d", servers))
		require.ErrorContains(t, r.tryChange(t.Context(), fmt.Sprintf("zookeeper.replicas=%d", servers+1)), "not all of the")
		r.waitRollout(t, "zookeeper")
		t.Logf("%d servers after %.0f s", servers, time.Since(began).Seconds())
		// A leader of the partitions is only elected by a controller, and only the new quorum makes one.
		require.NoError(t, r.KillProcess(t.Context(), r.busiestBroker(t)))
		before := l.count()
		require.Eventually(t, func() bool { return l.count() >= before+10*batchSize }, 3*time.Minute, 100*time.Millisecond, "nothing is acknowledged after the kill of a broker")
		r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	}
	l.stop(t)
	t.Logf("the longest wait of a partition for an acknowledgement %.1f s", l.longest.Seconds())
	l.check(t)
}

// exclude takes the shards from a node, or gives all nodes their share again.
func (r *release) exclude(t *testing.T, node string) {
	t.Helper()
	require.NoError(t, r.elastic(t.Context(), "PUT", "_cluster/settings", `{"persistent":{"cluster.routing.allocation.exclude._name":`+node+`}}`, nil))
}

// awaitNodes waits until Elasticsearch has so many nodes and a copy of everything on them.
func (r *release) awaitNodes(t *testing.T, nodes int) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var health struct {
			Status string
			Nodes  int `json:"number_of_nodes"`
		}
		require.NoError(c, r.elastic(t.Context(), "GET", "_cluster/health", "", &health))
		require.Equal(c, nodes, health.Nodes)
		require.Equal(c, "green", health.Status)
	}, 5*time.Minute, time.Second)
}
