package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// maxPoll bounds what waits in the poller's hands, chunkRecords what a parser gets at a time.
	maxPoll      = 2048
	chunkRecords = 256

	// Fetches of one broker at a time, and of four brokers at most, each unpacked to several times these bytes.
	fetchBytes          = 2 << 20
	fetchPartitionBytes = 1 << 20
	fetches             = 4
	fetchWait           = 500 * time.Millisecond

	// A killed indexer's partitions go to another one after sessionTimeout.
	sessionTimeout    = 10 * time.Second
	heartbeatInterval = 2 * time.Second
	rebalanceTimeout  = 30 * time.Second
	revokeWait        = 5 * time.Second // for what is in flight of a partition that is given back
	commitInterval    = time.Second
	commitTimeout     = 5 * time.Second
)

// group is the membership in the consumer group.
type group struct {
	*pipeline
	client  *kgo.Client
	created chan struct{} // closed when client is set
	joined  atomic.Bool
}

// options are those of a member of the group. The topics' control records are kept, so that offsets go past the end of transactions.
func (g *group) options(name string, topics []string) []kgo.Opt {
	return []kgo.Opt{
		kgo.ConsumerGroup(name),
		kgo.ConsumeTopics(topics...),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxBytes(fetchBytes),
		kgo.FetchMaxPartitionBytes(fetchPartitionBytes),
		kgo.MaxConcurrentFetches(fetches),
		kgo.FetchMaxWait(fetchWait),
		kgo.SessionTimeout(sessionTimeout),
		kgo.HeartbeatInterval(heartbeatInterval),
		kgo.RebalanceTimeout(rebalanceTimeout),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(g.onAssigned),
		kgo.AdjustFetchOffsetsFn(g.adjust),
		kgo.OnPartitionsRevoked(g.onRevoked),
		kgo.OnPartitionsLost(g.onLost),
	}
}

func (g *group) onAssigned(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	g.assigned.add(partitions)
	g.joined.Store(true)
	if len(partitions) > 0 {
		g.metrics.rebalances.Inc()
		g.log.Info("partitions assigned", "partitions", partitions)
	}
}

// onRevoked gives partitions back when what is in flight of them is kept and committed. What takes too long is sent twice.
func (g *group) onRevoked(ctx context.Context, client *kgo.Client, partitions map[string][]int32) {
	if len(partitions) == 0 {
		return
	}
	g.metrics.rebalances.Inc()
	revoked := g.assigned.list(partitions)
	timeout := time.NewTimer(revokeWait)
	defer timeout.Stop()
	idle := make([]<-chan struct{}, len(revoked))
	for i, p := range revoked {
		idle[i] = p.leave() // all of them before the first wait
	}
	waiting, allKept := true, true
	for _, kept := range idle {
		if waiting {
			select {
			case <-kept:
			case <-timeout.C:
				waiting = false
			case <-g.working.Done():
				waiting = false
			}
		}
		select {
		case <-kept:
		default:
			allKept = false
		}
	}
	g.commit(ctx, client, revoked)
	g.assigned.remove(revoked)
	g.log.Info("partitions given back", "partitions", partitions, "all kept", allKept)
}

// onLost forgets partitions that another member may have already.
func (g *group) onLost(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	g.joined.Store(false)
	lost := g.assigned.list(partitions)
	for _, p := range lost {
		p.leave()
	}
	g.assigned.remove(lost)
	if len(lost) > 0 {
		g.metrics.rebalances.Inc()
		g.log.Warn("partitions lost: the group has gone on without this member", "partitions", partitions)
	}
}

// poll reads until reading ends, and then closes chunks.
func (g *group) poll() {
	defer close(g.chunks)
	var ready []*chunk
	for g.reading.Err() == nil {
		g.polls()
		ctx, cancel := context.WithTimeout(g.reading, time.Second)
		polled := g.client.PollRecords(ctx, maxPoll)
		cancel()
		ready = ready[:0]
		var recreated []string
		polled.EachPartition(func(p kgo.FetchTopicPartition) {
			if p.Err != nil && g.fault(p) {
				recreated = append(recreated, p.Topic)
			}
			ready = g.cut(ready, p)
		})
		g.client.AllowRebalance()
		for _, name := range recreated {
			// The client reads a topic by its id, so it has to look for the new one.
			g.client.PurgeTopicsFromConsuming(name)
			g.client.AddConsumeTopics(name)
		}
		for i, c := range ready {
			ready[i] = nil
			if !g.hand(c) {
				return
			}
		}
	}
}

// hand gives the chunk to a parser. They take none while too much is in flight.
func (g *group) hand(c *chunk) bool {
	tick := time.NewTimer(time.Second)
	defer tick.Stop()
	for {
		select {
		case g.chunks <- c:
			return true
		case <-tick.C:
			g.polls()
			tick.Reset(time.Second)
		case <-g.reading.Done():
			return false
		}
	}
}

// cut appends the partition's records in chunks that several parsers can share.
func (g *group) cut(into []*chunk, fetched kgo.FetchTopicPartition) []*chunk {
	p := g.assigned.get(fetched.Topic, fetched.Partition)
	if p == nil || len(fetched.Records) == 0 {
		return into
	}
	p = g.checkOffsets(p, fetched)
	p.sawEnd(fetched.LastStableOffset)
	for records := fetched.Records; len(records) > 0; {
		n := min(chunkRecords, len(records))
		into = append(into, p.add(records[:n]))
		records = records[n:]
	}
	return into
}

// fault logs an error of a fetch. True means that the topic was deleted and created again.
func (g *group) fault(p kgo.FetchTopicPartition) bool {
	var loss *kgo.ErrDataLoss
	switch {
	case errors.Is(p.Err, context.DeadlineExceeded), errors.Is(p.Err, context.Canceled), errors.Is(p.Err, kgo.ErrClientClosed):
	case errors.As(p.Err, &loss):
		g.reset(p.Topic, p.Partition, "Kafka has lost records", loss.ConsumedTo, loss.ResetTo)
		if assigned := g.assigned.get(p.Topic, p.Partition); assigned != nil {
			g.assigned.renew(assigned)
		}
	case errors.Is(p.Err, kerr.UnknownTopicID):
		g.reset(p.Topic, p.Partition, "the topic was deleted and created again", -1, 0)
		return true
	default:
		if g.quiet.allow(p.Err.Error()) {
			g.log.Error("reading fails", "topic", p.Topic, "partition", p.Partition, "error", p.Err)
		}
	}
	return false
}

// commitLoop commits until ctx ends.
func (g *group) commitLoop(ctx context.Context) {
	ticker := time.NewTicker(commitInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			g.commit(ctx, g.client, g.assigned.all())
		case <-ctx.Done():
			return
		}
	}
}

// commit saves how far the partitions are kept.
func (g *group) commit(ctx context.Context, client *kgo.Client, partitions []*partition) {
	offsets := toCommit(partitions)
	if len(offsets) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	var failed error
	saved := map[key]int64{}
	client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, req *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		failed = err
		if err != nil {
			return
		}
		names := map[[16]byte]string{} // newer brokers answer with ids
		for _, t := range req.Topics {
			names[t.TopicID] = t.Topic
		}
		for _, t := range resp.Topics {
			name := cmp.Or(t.Topic, names[t.TopicID])
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					failed = fmt.Errorf("%s, partition %d: %w", name, p.Partition, err)
					continue
				}
				saved[key{name, p.Partition}] = offsets[name][p.Partition].Offset
			}
		}
	})
	for _, p := range partitions {
		if offset, found := saved[key{p.topic.name, p.id}]; found {
			p.committed(offset)
		}
	}
	if failed != nil && ctx.Err() == nil && g.quiet.allow("commit") {
		g.log.Warn("offsets are not committed; this is tried again", "error", failed)
	}
}
