package verify

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"sluice/internal/figures"
	"sluice/internal/kube"
	"sluice/internal/usage"
)

const (
	// pollInterval is how often Elasticsearch is asked, and so the resolution of the latencies.
	pollInterval = 250 * time.Millisecond
	// patience is how long a target may be down or a counter stand still: four scrapes of 15 s.
	patience = time.Minute
	// idle is how long the pods are watched at rest, with a Tolerance.
	idle = 30 * time.Second
)

// Run sends numbered events through the release and accounts for them. The error is a usage error
// for options that can't work, a *CheckError if a check failed (the report is complete then), and
// otherwise what kept the verification from running.
func Run(ctx context.Context, o Options) (Report, error) {
	if err := o.validate(); err != nil {
		return Report{}, err
	}
	client, err := kube.New(o.Kubeconfig)
	if err != nil {
		return Report{}, usage.Errorf("%w: set --kubeconfig to the cluster's", err)
	}
	d, err := readRelease(o)
	if err != nil {
		return Report{}, err
	}
	// Of version 7, so that a generator that is started again sends the same event ids.
	runID, err := uuid.NewV7()
	if err != nil {
		return Report{}, err
	}
	access, err := newAccess(ctx, client, o.Namespace, o.Release, d.security)
	if err != nil {
		return Report{}, err
	}
	return newRun(client, access, o, d, runID.String()).do(ctx)
}

// run is one verification.
type run struct {
	Options
	deployed   deployed
	runID      string
	generate   func(ctx context.Context, runID string) (generated, error)
	service    func(component string, port int) (*http.Client, string) // of the release, and its URL
	elastic    *elastic
	prometheus *prometheus
	topic      interface {
		mark(context.Context) error
		audit(ctx context.Context, runID string) (audit, error)
	}
	cpu      func(context.Context) (map[string]cpuSample, error) // of the components that predictions are about, by pod
	interval time.Duration
	patience time.Duration
	idle     time.Duration // for which their rest is measured
}

func newRun(client *kube.Client, access *Access, o Options, d deployed, runID string) *run {
	r := &run{Options: o, deployed: d, runID: runID, interval: pollInterval, patience: patience, idle: idle}
	r.service = func(component string, port int) (*http.Client, string) {
		return access.HTTP(component, port, 10*time.Second)
	}
	r.generate = func(ctx context.Context, runID string) (generated, error) { return generate(ctx, client, o, d, runID) }
	r.cpu = func(ctx context.Context) (map[string]cpuSample, error) {
		return readCPU(ctx, client, o.Namespace, o.Release, []string{d.engine, "elasticsearch", "kafka"})
	}
	r.elastic = &elastic{index: d.index, runID: runID}
	r.elastic.http, r.elastic.url = r.service("elasticsearch", 9200)
	r.prometheus = &prometheus{}
	r.prometheus.http, r.prometheus.url = r.service("prometheus", 9090)
	r.topic = newTopic(access, d.topic)
	return r
}

func (r *run) do(ctx context.Context) (Report, error) {
	began := time.Now()
	if err := r.topic.mark(ctx); err != nil {
		return Report{}, fmt.Errorf("kafka is not ready for a run: %w: see `%s`", err, r.kubectl("get pods"))
	}
	lettersBefore, err := r.elastic.deadLetterCount(ctx)
	if err != nil {
		return Report{}, fmt.Errorf("elasticsearch is not ready for a run: %w: see `%s`", err, r.kubectl("get pods"))
	}
	g, seen, err := r.follow(ctx)
	if err != nil {
		return Report{}, err
	}
	stored, recountErr := r.recount(ctx)

	report := Report{RunID: r.runID, Count: int64(r.Count), Rate: r.Rate, Resolution: r.interval.Seconds()}
	audited, auditErr := r.topic.audit(ctx, r.runID)
	report.Hops = r.hops(g, audited, auditErr, seen, stored)
	report.Checks = []Check{
		r.acknowledged(g), r.nothingLost(ctx, g, seen, stored, recountErr, audited, auditErr), r.noDuplicates(stored, recountErr), r.noDeadLetters(ctx, lettersBefore),
		r.targetsUp(ctx), r.requestsRise(ctx),
	}
	report.Checks = append(report.Checks, r.checkComponents(ctx)...)
	if r.Tolerance > 0 {
		err := auditErr
		if err == nil {
			report.GeneratorCPUs, report.Predictions, err = r.predict(ctx, audited.meanBytes())
		}
		report.Checks = append(report.Checks, r.asPlanned(report.Predictions, err))
	}
	report.LatencyP50, report.LatencyP99 = seen.percentile(0.50).Seconds(), seen.percentile(0.99).Seconds()
	report.Generating = g.summary.Seconds
	report.Duration = time.Since(began).Seconds()
	return report, report.err()
}

// hops are the places that the events pass, in their order.
func (r *run) hops(g generated, a audit, auditErr error, seen, stored *arrivals) []Hop {
	hops := []Hop{{"log-generator", g.summary.Acknowledged, fmt.Sprintf("acknowledged by Kafka in %.1f s", g.summary.Seconds)}}
	if auditErr != nil {
		hops = append(hops, Hop{"kafka", 0, fmt.Sprintf("unknown: %v", auditErr)})
	} else {
		hops = append(hops, Hop{"kafka", int64(len(a.held)), "held by " + r.deployed.topic})
	}
	for _, id := range slices.Sorted(maps.Keys(a.groups)) {
		group := a.groups[id]
		note := "read and committed by the consumer group"
		if group.lag > 0 {
			note += fmt.Sprintf(", which has %s records of the topic still to read", figures.Thousands(group.lag))
		}
		hops = append(hops, Hop{id, int64(len(group.read)), note})
	}
	searchable := Hop{"elasticsearch", stored.distinct, "searchable in " + r.deployed.index}
	if seen.distinct > 0 {
		searchable.Note += ", from the first to the last in " + span(seen.first, seen.last)
	}
	return append(hops, searchable)
}

// follow starts the generator and polls until all that it sent is searchable or the time is over.
// Elasticsearch may be away for a while: what can't be read in the end, recount reports.
func (r *run) follow(parent context.Context) (g generated, seen *arrivals, err error) {
	ctx, cancel := context.WithTimeout(parent, r.Timeout)
	defer cancel()
	type end struct {
		generated
		err error
	}
	ended := make(chan end, 1)
	go func() {
		g, err := r.generate(ctx, r.runID)
		ended <- end{g, err}
	}()

	total := int64(r.Count)
	seen = newArrivals(r.Count)
	expected := total // searchable events to wait for; fewer if Kafka did not acknowledge all
	generating := true
	var over <-chan struct{} // the generator ends with ctx and says why: until it has, nothing else does
	r.progress(StepGenerate, 0, total)
	tick := time.NewTicker(r.interval)
	defer tick.Stop()
	for generating || seen.distinct < expected {
		select {
		case e := <-ended:
			switch {
			case e.err != nil && ctx.Err() != nil:
				return g, seen, fmt.Errorf("the log-generator has not come to its end, %s of %s events are searchable: %w: see `%s`",
					figures.Thousands(seen.distinct), figures.Thousands(total), e.err, r.kubectl("logs statefulset/%s-kafka", r.Release))
			case e.err != nil:
				return g, seen, e.err
			}
			g, generating, over = e.generated, false, ctx.Done()
			expected = min(total, g.summary.Acknowledged)
			r.progress(StepGenerate, g.summary.Acknowledged, total)
		case <-tick.C:
			_ = r.poll(ctx, seen)
			r.progress(StepSearch, seen.distinct, total)
		case <-over:
			return g, seen, parent.Err()
		}
	}
	return g, seen, nil
}

// poll adds the events that have become searchable. Counting is cheap: documents are only read
// when there are more than have been seen.
func (r *run) poll(ctx context.Context, seen *arrivals) error {
	count, err := r.elastic.count(ctx)
	if err != nil || count <= seen.distinct {
		return err
	}
	return r.elastic.from(ctx, seen.lowest, func(d document) { seen.add(d, time.Now()) })
}

// recount reads all documents of the run once more. Polling alone would miss a second document of
// a number that nobody looks for any more, and one that was searchable and is gone.
func (r *run) recount(ctx context.Context) (*arrivals, error) {
	stored := newArrivals(r.Count)
	err := r.eventually(ctx, func() error {
		if err := r.elastic.refresh(ctx); err != nil {
			return err
		}
		stored = newArrivals(r.Count)
		return r.elastic.from(ctx, 0, func(d document) { stored.add(d, time.Now()) })
	})
	return stored, err
}
