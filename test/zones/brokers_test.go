//go:build zones

package zones

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/test/live"
)

// Always the broker that leads most partitions is killed, while the one before may still be on its way back and has not
// caught up: of three brokers one or two answer, and two copies are demanded.
func TestKillBrokers(t *testing.T) {
	r, l := underLoad(t)
	var victims []string
	began := time.Now()
	for i := range live.Times(t, "kills of brokers", 4, 20) {
		victims = append(victims, r.busiestBroker(t))
		require.NoError(t, r.KillProcess(t.Context(), victims[i]))
		if i > 0 {
			r.waitPod(t, victims[i-1], 5*time.Minute)
		}
		before := l.count()
		require.Eventually(t, func() bool { return l.count() >= before+10*batchSize }, 3*time.Minute, 100*time.Millisecond, "nothing is acknowledged after the kill of %s", victims[i])
		t.Logf("kill %d: %s, after %.0f s; %d events acknowledged so far", i+1, victims[i], time.Since(began).Seconds(), l.count())
	}
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	took := time.Since(began)
	l.stop(t)
	t.Logf("%d kills in %.0f s; the longest wait of a partition for an acknowledgement %.1f s", len(victims), took.Seconds(), l.longest.Seconds())
	l.check(t)
}

// The same account, where it must find something lost: the followers stand still, the leader acknowledges alone, and dies.
// Records that were sent to all brokers at the same time, and so were not acknowledged, show that it is not the count.
func TestKillBrokersLosesWithOneAcknowledgement(t *testing.T) {
	r := connect(t)
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	const topic = "durability-control"
	require.NoError(t, r.control(t.Context(), topic))
	t.Cleanup(func() {
		_, err := r.kafka.DeleteTopics(context.WithoutCancel(t.Context()), &kafka.DeleteTopicsRequest{Topics: []string{topic}})
		assert.NoError(t, err)
	})
	one := r.startLoad(t, topic, kafka.RequireOne)
	all := r.startLoad(t, topic, kafka.RequireAll)
	require.Eventually(t, func() bool { return one.count() > 0 && all.count() > 0 }, time.Minute, 100*time.Millisecond)

	partitions, err := r.partitions(t.Context(), topic)
	require.NoError(t, err)
	leader := partitions[0].Leader.ID
	var followers []string
	for _, replica := range partitions[0].Replicas {
		if replica.ID != leader {
			followers = append(followers, broker(replica.ID))
		}
	}
	require.Len(t, followers, 2)
	resume := r.pause(t, followers...)
	before := one.count()
	// Less than the 9 s of a session: the followers must still count as brokers when the leader is gone.
	require.Eventually(t, func() bool { return one.count() >= before+3*batchSize }, 8*time.Second, 50*time.Millisecond, "the leader must acknowledge alone")
	require.NoError(t, r.KillProcess(t.Context(), broker(leader)))
	resume()
	require.Eventually(t, func() bool {
		partitions, err := r.partitions(t.Context(), topic)
		return err == nil && partitions[0].Leader.ID != leader
	}, time.Minute, 200*time.Millisecond, "a follower must lead")
	one.stop(t)
	all.stop(t)
	lost := one.lost(t)
	slices.Sort(lost)
	t.Logf("acknowledged by the leader alone: %d, lost %d: %v; by all copies in sync: %d", len(one.acked), len(lost), lost, len(all.acked))
	assert.NotEmpty(t, lost, "events that the leader alone acknowledged must be lost, or the account finds nothing")
	assert.Empty(t, all.lost(t), "events that all copies in sync acknowledged")
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
}

// control makes a topic in which acknowledged records can be lost.
func (r *release) control(ctx context.Context, topic string) error {
	answer, err := r.kafka.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: topic, NumPartitions: 1, ReplicationFactor: 3,
		ConfigEntries: []kafka.ConfigEntry{
			{ConfigName: "min.insync.replicas", ConfigValue: "1"},
			{ConfigName: "unclean.leader.election.enable", ConfigValue: "true"},
		},
	}}})
	if err != nil {
		return err
	}
	return answer.Errors[topic]
}

func broker(id int) string { return fmt.Sprintf("%s-kafka-%d", name, id) }

// busiestBroker is the pod of the broker that leads most partitions of the topic.
func (r *release) busiestBroker(t *testing.T) string {
	t.Helper()
	leads := map[int]int{}
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		partitions, err := r.partitions(t.Context(), r.topic)
		require.NoError(c, err)
		clear(leads)
		for _, partition := range partitions {
			leads[partition.Leader.ID]++
		}
	}, time.Minute, 200*time.Millisecond)
	busiest, most := -1, 0
	for id, n := range leads {
		if n > most || n == most && id < busiest {
			busiest, most = id, n
		}
	}
	return broker(busiest)
}

// pause stops the main processes of pods, and returns what lets them go on.
func (r *release) pause(t *testing.T, pods ...string) (resume func()) {
	t.Helper()
	send := func(signal string) {
		for _, pod := range pods {
			require.NoError(t, r.Signal(context.WithoutCancel(t.Context()), signal, pod))
		}
	}
	paused := true
	resume = func() {
		if paused {
			paused = false
			send("CONT")
		}
	}
	t.Cleanup(resume) // a test that fails leaves nothing standing still
	send("STOP")
	return resume
}

// waitPod waits until a pod is ready that may not be there yet.
func (r *release) waitPod(t *testing.T, pod string, most time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool {
		p, err := r.CoreV1().Pods(name).Get(t.Context(), pod, metav1.GetOptions{})
		return err == nil && p.DeletionTimestamp == nil && live.Ready(p)
	}, most, 200*time.Millisecond, "%s is not ready again", pod)
}
