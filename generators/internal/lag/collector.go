package lag

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The names and labels are those of danielqsj/kafka_exporter: dashboards and rules made for it work.
var (
	brokers    = desc("kafka_brokers", "Brokers of the cluster.")
	partitions = desc("kafka_topic_partitions", "Partitions of the topic.", "topic")
	next       = desc("kafka_topic_partition_current_offset", "Offset of the next record.", "topic", "partition")
	oldest     = desc("kafka_topic_partition_oldest_offset", "Offset of the oldest record that is kept.", "topic", "partition")
	replicas   = desc("kafka_topic_partition_replicas", "Copies that the partition shall have.", "topic", "partition")
	inSync     = desc("kafka_topic_partition_in_sync_replica", "Copies that have every record.", "topic", "partition")
	under      = desc("kafka_topic_partition_under_replicated_partition", "1 if copies are missing.", "topic", "partition")
	committed  = desc("kafka_consumergroup_current_offset", "Offset up to which the group has read.", "consumergroup", "topic", "partition")
	behind     = desc("kafka_consumergroup_lag", "Records that the group has not read yet.", "consumergroup", "topic", "partition")
	behindSum  = desc("kafka_consumergroup_lag_sum", "Records of all partitions that the group has not read yet.", "consumergroup", "topic")
	unread     = desc("kafka_exporter_unread", "Partitions and groups whose offsets could not be had at this scrape.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// Collector reads the cluster at each scrape. When that fails the scrape fails, so that no old number is shown.
type Collector struct {
	Client  Client
	Timeout time.Duration
}

// Describe names no metrics: which there are depends on the cluster.
func (*Collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads once.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	now, err := read(ctx, c.Client)
	if err != nil {
		out <- prometheus.NewInvalidMetric(brokers, err)
		return
	}
	now.send(func(desc *prometheus.Desc, value int64, labels ...string) {
		out <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
	})
}

func (c cluster) send(gauge func(desc *prometheus.Desc, value int64, labels ...string)) {
	gauge(brokers, int64(c.brokers))
	gauge(unread, int64(c.unread))
	count := map[string]int64{}
	for _, p := range c.partitions {
		id := strconv.Itoa(p.ID)
		count[p.Topic]++
		gauge(replicas, int64(len(p.Replicas)), p.Topic, id)
		gauge(inSync, int64(len(p.Isr)), p.Topic, id)
		missing := int64(0)
		if len(p.Isr) < len(p.Replicas) {
			missing = 1
		}
		gauge(under, missing, p.Topic, id)
	}
	for topic, n := range count {
		gauge(partitions, n, topic)
	}
	for at, o := range c.offsets {
		gauge(next, o.next, at.topic, strconv.Itoa(at.partition))
		gauge(oldest, o.oldest, at.topic, strconv.Itoa(at.partition))
	}
	for group, places := range c.committed {
		sums := map[string]int64{}
		for at, offset := range places {
			id := strconv.Itoa(at.partition)
			gauge(committed, offset, group, at.topic, id)
			if o, known := c.offsets[at]; known {
				// A commit may be newer than the end that was read before it.
				lag := max(0, o.next-offset)
				sums[at.topic] += lag
				gauge(behind, lag, group, at.topic, id)
			}
		}
		for topic, sum := range sums {
			gauge(behindSum, sum, group, topic)
		}
	}
}
