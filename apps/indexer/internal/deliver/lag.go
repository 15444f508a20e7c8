package deliver

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
)

const lagInterval = 15 * time.Second

var lagDesc = prometheus.NewDesc("indexer_lag_records", "Records of Kafka that this indexer is still to index, by partition that it has.",
	[]string{"topic", "partition"}, nil)

// Describe and Collect make the assignments a collector: a partition that was given back has no series.
func (a *assignments) Describe(descs chan<- *prometheus.Desc) { descs <- lagDesc }

// Collect tells the lag of each partition.
func (a *assignments) Collect(metrics chan<- prometheus.Metric) {
	for _, p := range a.all() {
		if records, known := p.lag(); known {
			metrics <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, float64(records), p.topic.name, strconv.Itoa(int(p.id)))
		}
	}
}

// watchEnds asks Kafka how far the partitions reach. The fetches tell it as well, but not while reading is paused.
func (g *group) watchEnds(ctx context.Context) {
	ticker := time.NewTicker(lagInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			g.lookAtEnds(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (g *group) lookAtEnds(ctx context.Context) {
	topics := g.assigned.topics()
	if len(topics) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lagInterval)
	defer cancel()
	ends, err := kadm.NewClient(g.client).ListCommittedOffsets(ctx, topics...)
	if err != nil {
		if ctx.Err() == nil && g.quiet.allow("lag") {
			g.log.Warn("Kafka does not tell the ends of the partitions", "error", err)
		}
		return
	}
	for _, p := range g.assigned.all() {
		if end, found := ends.Lookup(p.topic.name, p.id); found && end.Err == nil {
			p.sawEnd(end.Offset)
		}
	}
}
