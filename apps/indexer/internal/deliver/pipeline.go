// Package deliver brings Kafka's records to Elasticsearch. An offset is committed when every document
// before it is acknowledged or kept as a dead letter.
//
// One goroutine polls, parsers make bulk requests, and senders send them. What Elasticsearch does not take
// waits and is sent again; the budget of bytes in flight bounds that, and then the polling.
package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/apps/indexer/internal/config"
	"sluice/apps/indexer/internal/elastic"
	"sluice/apps/indexer/internal/normalise"
)

// Normaliser makes the lines of a bulk request. It is used by one goroutine.
type Normaliser interface {
	Append(dst, record []byte, s normalise.Source) ([]byte, normalise.Result)
	AppendDeadLetter(dst, record []byte, s normalise.Source, reason string) []byte
	AppendCutDeadLetter(dst, record []byte, kept int, s normalise.Source, reason string) []byte
}

// Options are what a Pipeline needs.
type Options struct {
	Config     config.Config
	Kafka      []kgo.Opt // how to connect
	Elastic    *elastic.Client
	Normaliser func() (Normaliser, error)
	Registry   prometheus.Registerer
	Log        *slog.Logger
	Grace      time.Duration // for what is in flight when the reading ends
}

// Pipeline carries records until its context ends.
type Pipeline struct {
	options Options
	p       *pipeline
	group   *group
	parsers int
}

// pipeline is what its goroutines share.
type pipeline struct {
	log       *slog.Logger
	metrics   *metrics
	quiet     *quiet
	budget    *budget
	free      *batches
	bulkBytes int
	assigned  *assignments
	chunks    chan *chunk
	ready     chan *batch

	reading, working context.Context // what is in flight when reading ends has the grace time to be kept

	pulse
}

// budgetBytes is what may be in flight beside the batches that are sent or filled.
const budgetBytes = 16 << 20

const leaveTimeout = 5 * time.Second

// New prepares a pipeline and its metrics.
func New(o Options) *Pipeline {
	c := o.Config
	parsers := min(runtime.GOMAXPROCS(0), c.Elasticsearch.Requests)
	most := parsers + 2*c.Elasticsearch.Requests
	p := &pipeline{
		log: o.Log, quiet: new(quiet), bulkBytes: int(c.Elasticsearch.BulkBytes),
		budget: newBudget(budgetBytes + most*int(c.Elasticsearch.BulkBytes)),
		free:   &batches{free: make(chan *batch, most), bytes: int(c.Elasticsearch.BulkBytes)},
		chunks: make(chan *chunk), ready: make(chan *batch),
		assigned: &assignments{partitions: map[key]*partition{}, known: map[string]*topic{}},
	}
	p.metrics = newMetrics(o.Registry, p.budget.inUse)
	for name, t := range c.Kafka.Topics {
		p.metrics.resets.WithLabelValues(name)
		p.assigned.known[name] = &topic{name, t.Index, t.Anomalies, p.metrics.recordsRead.WithLabelValues(name)}
	}
	o.Registry.MustRegister(p.assigned)
	return &Pipeline{options: o, p: p, group: &group{pipeline: p}, parsers: parsers}
}

// Run joins the group and carries records until ctx ends. Then it reads no more, gives what is in flight the
// grace time, commits and leaves the group.
func (l *Pipeline) Run(ctx context.Context) error {
	p, g := l.p, l.group
	var stopWorking context.CancelFunc
	p.reading = ctx
	p.working, stopWorking = context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()

	parsers, senders, err := l.workers()
	if err != nil {
		return err
	}
	topics := slices.Sorted(maps.Keys(l.options.Config.Kafka.Topics))
	// The callbacks use g.client, and the client calls them as soon as there is one.
	g.created = make(chan struct{})
	g.client, err = kgo.NewClient(slices.Concat(l.options.Kafka, g.options(l.options.Config.Kafka.Group, topics))...)
	if err != nil {
		return fmt.Errorf("kafka: %w", err)
	}
	close(g.created)

	var parsing, sending, minding sync.WaitGroup
	for _, worker := range parsers {
		parsing.Go(worker.run)
	}
	for _, worker := range senders {
		sending.Go(worker.run)
	}
	minding.Go(func() { g.commitLoop(p.working) })
	minding.Go(func() { g.watchEnds(p.working) })
	g.poll()

	l.options.Log.Info("reading ends: what is in flight is finished", "bytes", p.budget.inUse(), "at most", l.options.Grace.String())
	grace := time.AfterFunc(l.options.Grace, stopWorking)
	defer grace.Stop()
	parsing.Wait()
	unfinished := p.budget.idle(p.working) != nil
	stopWorking()
	sending.Wait()
	minding.Wait()

	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	g.commit(leaving, g.client, p.assigned.all())
	if err := g.client.LeaveGroupContext(leaving); err != nil {
		l.options.Log.Warn("the group is not left", "error", err)
	}
	g.client.Close()
	l.options.Log.Info("ended", "all kept", !unfinished)
	return nil
}

func (l *Pipeline) workers() (parsers []*parser, senders []*sender, err error) {
	for range l.parsers {
		n, err := l.options.Normaliser()
		if err != nil {
			return nil, nil, err
		}
		parsers = append(parsers, &parser{pipeline: l.p, normaliser: n})
	}
	for range l.options.Config.Elasticsearch.Requests {
		n, err := l.options.Normaliser()
		if err != nil {
			return nil, nil, err
		}
		senders = append(senders, &sender{pipeline: l.p, normaliser: n, bulk: l.options.Elastic.NewBulk()})
	}
	return parsers, senders, nil
}
