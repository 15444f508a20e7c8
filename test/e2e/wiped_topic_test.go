//go:build e2e

package e2e

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A topic is deleted and made again under the engine's hands: it goes on with the oldest record of the new one, and says so.
// The topic is that of the anomalies, which nobody else writes to once TestUpgradeAndScale has stopped Spark.
func TestTopicRecreated(t *testing.T) {
	p := connectPipeline(t)
	run := fmt.Sprintf("recreated-%d", time.Now().UnixNano())
	client, err := kgo.NewClient(p.KafkaOptions(t)...)
	require.NoError(t, err)
	defer client.Close()
	admin := kadm.NewClient(client)
	topics, err := admin.ListTopics(t.Context(), p.anomaliesTopic)
	require.NoError(t, err)
	topic := topics[p.anomaliesTopic]
	require.NoError(t, topic.Err)

	send := func(name string, each int) (ids []string) {
		for partition := range topic.Partitions {
			var records [][]byte
			for i := range each {
				id := fmt.Sprintf("%s/%s-%d-%d", run, name, partition, i)
				ids, records = append(ids, id), append(records, event(id, time.Now()))
			}
			require.Eventually(t, func() bool {
				_, err := p.sendTo(t.Context(), p.anomaliesTopic, int(partition), records...)
				return err == nil
			}, time.Minute, time.Second, "partition %d takes no records", partition)
		}
		return ids
	}
	p.awaitOne(t, send("before", 5), time.Minute)
	began := time.Now()
	recreate(t, admin, topic)
	p.awaitOne(t, send("after", 1), 2*time.Minute)
	t.Logf("read on %.0f s after the topic was deleted", time.Since(began).Seconds())

	if !p.hasIndexer() {
		return // Logstash resets its offset and does not tell
	}
	require.Positive(t, p.metric(t, "indexer_offset_resets_total"))
	prometheus := prometheusOf(p.cluster)
	require.Eventually(t, func() bool {
		var alerts struct {
			Result []struct{ Metric map[string]string }
		}
		prometheus.ask(t, "/api/v1/query", url.Values{"query": {`ALERTS{alertname="IndexerOffsetReset"}`}}, &alerts)
		return len(alerts.Result) > 0
	}, 2*time.Minute, time.Second, "no alert tells that offsets were reset")
}

// recreate deletes the topic and makes one like it.
func recreate(t *testing.T, admin *kadm.Client, topic kadm.TopicDetail) {
	t.Helper()
	described, err := admin.DescribeTopicConfigs(t.Context(), topic.Topic)
	require.NoError(t, err)
	config, err := described.On(topic.Topic, nil)
	require.NoError(t, err)
	require.NoError(t, config.Err)
	own := map[string]*string{}
	for _, entry := range config.Configs {
		if entry.Source == kmsg.ConfigSourceDynamicTopicConfig {
			own[entry.Key] = entry.Value
		}
	}
	deleted, err := admin.DeleteTopics(t.Context(), topic.Topic)
	require.NoError(t, err)
	require.NoError(t, deleted.Error())
	require.EventuallyWithT(t, func(c *assert.CollectT) { // deleting takes the brokers a moment
		created, err := admin.CreateTopics(t.Context(), int32(len(topic.Partitions)), int16(topic.Partitions.NumReplicas()), own, topic.Topic)
		require.NoError(c, err)
		require.NoError(c, created.Error())
	}, time.Minute, 200*time.Millisecond)
}
