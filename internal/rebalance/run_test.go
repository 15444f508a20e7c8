package rebalance

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"sluice/internal/usage"
)

// fakeKafka moves partitions one at each look, and counts how many it was asked to move at once.
type fakeKafka struct {
	Kafka
	brokers    []kafka.Broker
	partitions []partition
	pending    []partition
	most       int
	refuse     error
	atHost     string
	stale      int // how many looks at the metadata still see both the old and the new replicas, after a move
}

func newFakeKafka(brokers int, partitions []partition) *fakeKafka {
	f := &fakeKafka{partitions: partitions, atHost: "host"}
	for id := range brokers {
		f.brokers = append(f.brokers, kafka.Broker{ID: id, Host: "host"})
	}
	return f
}

func (f *fakeKafka) Metadata(context.Context, *kafka.MetadataRequest) (*kafka.MetadataResponse, error) {
	topics := map[string]*kafka.Topic{}
	for _, p := range f.partitions {
		if topics[p.topic] == nil {
			topics[p.topic] = &kafka.Topic{Name: p.topic}
		}
		described := kafka.Partition{ID: p.id}
		replicas := p.replicas
		if f.stale > 0 && f.most > 0 {
			replicas = []int{0, 1}
		}
		for _, id := range replicas {
			described.Replicas = append(described.Replicas, kafka.Broker{ID: id, Host: f.atHost})
		}
		topics[p.topic].Partitions = append(topics[p.topic].Partitions, described)
	}
	if f.most > 0 {
		f.stale--
	}
	answer := &kafka.MetadataResponse{Brokers: f.brokers}
	for _, topic := range topics {
		answer.Topics = append(answer.Topics, *topic)
	}
	return answer, nil
}

func (f *fakeKafka) AlterPartitionReassignments(_ context.Context, r *kafka.AlterPartitionReassignmentsRequest) (*kafka.AlterPartitionReassignmentsResponse, error) {
	answer := &kafka.AlterPartitionReassignmentsResponse{}
	for _, a := range r.Assignments {
		f.pending = append(f.pending, partition{a.Topic, a.PartitionID, a.BrokerIDs})
		answer.PartitionResults = append(answer.PartitionResults,
			kafka.AlterPartitionReassignmentsResponsePartitionResult{Topic: a.Topic, PartitionID: a.PartitionID, Error: f.refuse})
	}
	f.most = max(f.most, len(f.pending))
	return answer, nil
}

func (f *fakeKafka) ListPartitionReassignments(context.Context, *kafka.ListPartitionReassignmentsRequest) (*kafka.ListPartitionReassignmentsResponse, error) {
	if len(f.pending) > 0 {
		f.partitions = apply(f.partitions, f.pending[:1])
		f.pending = f.pending[1:]
	}
	left := kafka.ListPartitionReassignmentsResponseTopic{Partitions: make([]kafka.ListPartitionReassignmentsResponsePartition, len(f.pending))}
	return &kafka.ListPartitionReassignmentsResponse{Topics: map[string]kafka.ListPartitionReassignmentsResponseTopic{"t": left}}, nil
}

func TestRunMovesAllFromALeavingBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var partitions []partition
		for id := range 50 {
			partitions = append(partitions, partition{"t", id, []int{id % 2}})
		}
		f := newFakeKafka(2, partitions)
		moved, err := Run(t.Context(), f, 1, t.Logf)
		require.NoError(t, err)
		assert.Equal(t, 25, moved)
		assert.Equal(t, atOnce, f.most, "partitions on their way at a time")
		for _, p := range f.partitions {
			assert.Equal(t, []int{0}, p.replicas)
		}
		moved, err = Run(t.Context(), f, 1, t.Logf)
		require.NoError(t, err)
		assert.Zero(t, moved, "moved again")
	})
}

func TestRunWaitsForWhatKafkaTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeKafka(2, topic("t", []int{1}))
		f.stale = 5
		moved, err := Run(t.Context(), f, 1, t.Logf)
		require.NoError(t, err)
		assert.Equal(t, 1, moved)
		assert.Less(t, f.stale, 0, "looks that were still stale")
	})
}

// What a run that was interrupted has asked for is waited for, not asked for again.
func TestRunGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeKafka(2, topic("t", []int{0}, []int{0}))
		f.pending = []partition{{"t", 0, []int{1}}, {"t", 1, []int{0}}}
		moved, err := Run(t.Context(), f, 2, t.Logf)
		require.NoError(t, err)
		assert.Zero(t, moved)
	})
}

func TestRunRefuses(t *testing.T) {
	gone := newFakeKafka(2, topic("t", []int{1}))
	gone.atHost = ""
	for want, c := range map[string]struct {
		kafka   *fakeKafka
		brokers int
	}{
		"brokers must be at least 1, not 0": {newFakeKafka(1, nil), 0},
		"broker 1 is not there: set kafka.replicas to 2 or more and wait until it is ready, or set --brokers to less": {newFakeKafka(1, nil), 2},
		"topic t keeps 2 copies of each partition: set --brokers to at least that many":                               {newFakeKafka(2, topic("t", []int{0, 1})), 1},
		"a copy of topic t, partition 0, is on a broker that is away: bring it back first":                            {gone, 1},
	} {
		_, err := Run(t.Context(), c.kafka, c.brokers, t.Logf)
		require.EqualError(t, err, want)
		assert.Equal(t, 2, usage.ExitCode(err))
		assert.Empty(t, c.kafka.pending, "something was moved all the same")
	}
}

func TestRunTellsWhatKafkaRefuses(t *testing.T) {
	f := newFakeKafka(2, topic("t", []int{1}))
	f.refuse = errors.New("no")
	_, err := Run(t.Context(), f, 1, t.Logf)
	require.EqualError(t, err, "topic t, partition 0: no")
}

func TestRemember(t *testing.T) {
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "r-kafka", Namespace: "ns", Generation: 7}}
	client := fake.NewClientset(set)
	require.NoError(t, Remember(t.Context(), client, "ns", "r", 3))
	set, err := client.AppsV1().StatefulSets("ns").Get(t.Context(), "r-kafka", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, "3 of generation 7", set.Annotations[Annotation])
}
