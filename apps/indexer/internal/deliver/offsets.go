package deliver

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const listTimeout = 5 * time.Second

// adjust learns where the reading of new partitions begins. A committed offset that the partition does not have (the topic was created
// again, or retention was faster than this group) is replaced by the earliest one, and that is told.
func (g *group) adjust(ctx context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	<-g.created
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	topics := make([]string, 0, len(offsets))
	for name := range offsets {
		topics = append(topics, name)
	}
	admin := kadm.NewClient(g.client)
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		g.log.Warn("Kafka does not tell the starts of the partitions", "error", err)
	}
	ends, err := admin.ListCommittedOffsets(ctx, topics...)
	if err != nil {
		g.log.Warn("Kafka does not tell the ends of the partitions", "error", err)
	}
	for name, partitions := range offsets {
		for id, offset := range partitions {
			p := g.assigned.get(name, id)
			start, startFound := starts.Lookup(name, id)
			end, endFound := ends.Lookup(name, id)
			if p == nil || !startFound || !endFound || start.Err != nil || end.Err != nil {
				continue // reading begins all the same, and the first record tells where
			}
			p.sawEnd(end.Offset)
			committed := offset.EpochOffset().Offset
			switch {
			case committed < 0: // none
				p.startAt(start.Offset, -1)
			case committed < start.Offset:
				g.reset(name, id, "records were deleted before they were read", committed, start.Offset)
				partitions[id] = kgo.NewOffset().At(start.Offset)
				p.startAt(start.Offset, committed)
			case committed > end.Offset:
				g.reset(name, id, "the group's offset is beyond the partition's end: the topic was created again, or Kafka has lost records", committed, start.Offset)
				partitions[id] = kgo.NewOffset().At(start.Offset)
				p.startAt(start.Offset, committed)
			default:
				p.startAt(committed, committed)
			}
		}
	}
	return offsets, nil
}

// checkOffsets compares what was fetched with what was read before.
func (g *group) checkOffsets(p *partition, fetched kgo.FetchTopicPartition) *partition {
	first := fetched.Records[0].Offset
	deleted, anew := p.follows(fetched.LogStartOffset, first)
	switch {
	case anew:
		g.reset(p.topic.name, p.id, "the partition begins anew", -1, first)
		return g.assigned.renew(p)
	case deleted > 0:
		g.reset(p.topic.name, p.id, "records were deleted before they were read", fetched.LogStartOffset-deleted, fetched.LogStartOffset)
	}
	return p
}

func (g *group) reset(topic string, partition int32, why string, from, to int64) {
	g.metrics.resets.WithLabelValues(topic).Inc()
	g.log.Error("offset out of range: records are missing, or the topic was created again", "topic", topic, "partition", partition,
		"why", why, "from", from, "to", to)
}
