//go:build zones

package zones

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/kube"
	"sluice/internal/verify"
	"sluice/test/live"
)

// release is how the tests reach Kafka, Elasticsearch and Prometheus; none of them does it otherwise.
type release struct {
	live.Release
	kafka                       *kafka.Client
	elasticHTTP, prometheusHTTP *http.Client
	elasticURL, prometheusURL   string
	topic, index                string
	engine                      string // the component's name
	group                       string // the engine's
}

func connect(t *testing.T) *release {
	t.Helper()
	path := kubeconfig(t)
	client, err := kube.New(path)
	require.NoError(t, err, "no cluster: CONTRIBUTING.md says how to make one")
	r := &release{Release: live.Release{Client: client, Kubeconfig: path, Namespace: name, Name: name}}
	access := r.Access(t)
	r.kafka = r.Kafka(t)
	r.elasticHTTP, r.elasticURL = access.Elasticsearch(time.Minute)
	r.prometheusHTTP, r.prometheusURL = access.HTTP("prometheus", 9090, time.Minute)
	values, err := r.Helm().Values()
	require.NoError(t, err)
	content, err := json.Marshal(values)
	require.NoError(t, err)
	var v struct {
		Global  struct{ Topic, Index string }
		Indexer struct{ Enabled bool }
	}
	require.NoError(t, json.Unmarshal(content, &v))
	r.topic, r.index = v.Global.Topic, v.Global.Index
	r.engine = "logstash"
	if v.Indexer.Enabled {
		r.engine = "indexer"
	}
	r.group = "sluice-" + r.engine
	return r
}

// change upgrades the release to the chart with the values that it has, and a few others.
func (r *release) change(t *testing.T, set ...string) {
	t.Helper()
	require.NoError(t, r.tryChange(t.Context(), set...))
}

func (r *release) tryChange(ctx context.Context, set ...string) error {
	return r.Helm().Change(ctx, "../../charts/sluice", set)
}

// pipeline are the components that events pass. Spark's job takes minutes longer to come back than they do.
func (r *release) pipeline() []string {
	return []string{"zookeeper", "kafka", r.engine, "elasticsearch"}
}

// elastic does one request to Elasticsearch; answer may be nil.
func (r *release) elastic(ctx context.Context, method, path, body string, answer any) error {
	return verify.Fetch(ctx, r.elasticHTTP, method, r.elasticURL+"/"+path, strings.NewReader(body), answer)
}

func (r *release) prometheus(ctx context.Context, path string, answer any) error {
	return verify.Fetch(ctx, r.prometheusHTTP, http.MethodGet, r.prometheusURL+"/"+path, nil, answer)
}

// partitions fails while one of them has no leader.
func (r *release) partitions(ctx context.Context, topic string) ([]kafka.Partition, error) {
	answer, err := r.kafka.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	if answer.Topics[0].Error != nil {
		return nil, fmt.Errorf("%s: %w", topic, answer.Topics[0].Error)
	}
	for _, partition := range answer.Topics[0].Partitions {
		if partition.Error != nil {
			return nil, fmt.Errorf("%s, partition %d: %w", topic, partition.ID, partition.Error)
		}
	}
	return answer.Topics[0].Partitions, nil
}
