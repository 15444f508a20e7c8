package lag

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

// fake is a cluster of two brokers: its topic has a partition of each, and one that has lost its leader.
type fake struct {
	metadata, offsets, groups error // what the calls fail with
	asked                     map[string][]kafka.OffsetRequest
}

func (f *fake) Metadata(context.Context, *kafka.MetadataRequest) (*kafka.MetadataResponse, error) {
	both, one := make([]kafka.Broker, 2), make([]kafka.Broker, 1)
	return &kafka.MetadataResponse{
		Brokers: both,
		Topics: []kafka.Topic{
			{Name: "__consumer_offsets", Internal: true, Partitions: []kafka.Partition{{ID: 0}}},
			{Name: "logs", Partitions: []kafka.Partition{
				{ID: 0, Replicas: both, Isr: both},
				{ID: 1, Replicas: both, Isr: one},
				{ID: 2, Replicas: both, Error: kafka.LeaderNotAvailable},
			}},
		},
	}, f.metadata
}

func (f *fake) ListOffsets(_ context.Context, r *kafka.ListOffsetsRequest) (*kafka.ListOffsetsResponse, error) {
	f.asked = r.Topics
	return &kafka.ListOffsetsResponse{Topics: map[string][]kafka.PartitionOffsets{"logs": {
		{Partition: 0, FirstOffset: 10, LastOffset: 100},
		{Partition: 1, FirstOffset: 20, LastOffset: 200},
	}}}, f.offsets
}

func (f *fake) ListGroups(context.Context, *kafka.ListGroupsRequest) (*kafka.ListGroupsResponse, error) {
	return &kafka.ListGroupsResponse{
		Error:  f.groups,
		Groups: []kafka.ListGroupsResponseGroup{{GroupID: "engine"}, {GroupID: "lost"}},
	}, nil
}

func (f *fake) OffsetFetch(_ context.Context, r *kafka.OffsetFetchRequest) (*kafka.OffsetFetchResponse, error) {
	if r.GroupID == "lost" {
		return &kafka.OffsetFetchResponse{Error: kafka.NotCoordinatorForGroup}, nil
	}
	return &kafka.OffsetFetchResponse{Topics: map[string][]kafka.OffsetFetchPartition{
		"logs": {{Partition: 0, CommittedOffset: 60}, {Partition: 1, CommittedOffset: 201}, {Partition: 2, CommittedOffset: 7}},
		"idle": {{Partition: 0, CommittedOffset: -1}},
	}}, nil
}

func TestCollect(t *testing.T) {
	f := &fake{}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&Collector{Client: f, Timeout: time.Second})
	require.Equal(t, `kafka_brokers 2
kafka_consumergroup_current_offset{consumergroup="engine",partition="0",topic="logs"} 60
kafka_consumergroup_current_offset{consumergroup="engine",partition="1",topic="logs"} 201
kafka_consumergroup_current_offset{consumergroup="engine",partition="2",topic="logs"} 7
kafka_consumergroup_lag{consumergroup="engine",partition="0",topic="logs"} 40
kafka_consumergroup_lag{consumergroup="engine",partition="1",topic="logs"} 0
kafka_consumergroup_lag_sum{consumergroup="engine",topic="logs"} 40
kafka_exporter_unread 2
kafka_topic_partition_current_offset{partition="0",topic="logs"} 100
kafka_topic_partition_current_offset{partition="1",topic="logs"} 200
kafka_topic_partition_in_sync_replica{partition="0",topic="logs"} 2
kafka_topic_partition_in_sync_replica{partition="1",topic="logs"} 1
kafka_topic_partition_in_sync_replica{partition="2",topic="logs"} 0
kafka_topic_partition_oldest_offset{partition="0",topic="logs"} 10
kafka_topic_partition_oldest_offset{partition="1",topic="logs"} 20
kafka_topic_partition_replicas{partition="0",topic="logs"} 2
kafka_topic_partition_replicas{partition="1",topic="logs"} 2
kafka_topic_partition_replicas{partition="2",topic="logs"} 2
kafka_topic_partition_under_replicated_partition{partition="0",topic="logs"} 0
kafka_topic_partition_under_replicated_partition{partition="1",topic="logs"} 1
kafka_topic_partition_under_replicated_partition{partition="2",topic="logs"} 1
kafka_topic_partitions{topic="logs"} 3
`, scrape(registry))
	require.Len(t, f.asked["logs"], 4, "a partition without a leader is not asked for")
	require.NotContains(t, f.asked, "__consumer_offsets")
}

// scrape is what Prometheus gets, without the comments.
func scrape(registry prometheus.Gatherer) string {
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(answer.Body.String(), "")
}

// A number that can't be had is no number: the scrape fails.
func TestAFailedReadingFailsTheScrape(t *testing.T) {
	for want, f := range map[string]*fake{
		"brokers and topics: gone":    {metadata: errors.New("gone")},
		"offsets of partitions: gone": {offsets: errors.New("gone")},
		"consumer groups: gone":       {groups: errors.New("gone")},
	} {
		registry := prometheus.NewRegistry()
		registry.MustRegister(&Collector{Client: f, Timeout: time.Second})
		_, err := registry.Gather()
		require.ErrorContains(t, err, want)
	}
}
