package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sluice/bench/internal/consumers"
	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/images"
	"sluice/internal/progress"
	"sluice/internal/run"
	"sluice/internal/usage"
	"sluice/internal/verify"
)

// notHad says of programs that people would look for why they are not there.
var notHad = map[string]string{
	"indexer.redpanda_connect": "its components are under no open licence; its engine is benthos, with a Kafka input of franz-go that is bench's",
	"indexer.vector":           "no registry of packages holds it",
	"indexer.logstash":         noLogstash,
}

// indexer measures the indexer beside other consumers, in one pod and against the release's own broker and Elasticsearch.
func indexer(ctx context.Context, b *bench, all *results.Results) error {
	if err := b.consumers(ctx); err != nil {
		return err
	}
	b.removeTopics(ctx)
	defer b.removeTopics(ctx)
	if err := b.removeMeasured(ctx); err != nil {
		return err
	}
	restore, err := b.quiet(ctx, b.values.engine, "log-generator", "spark-streaming-job")
	if err != nil {
		return err
	}
	defer restore()
	defer func() { // what a pod leaves that was ended
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := b.removeMeasured(after); err != nil {
			b.out.Printf("indices %s* may be left in Elasticsearch: %v", consumers.IndexPrefix(b.values.index), err)
		}
	}()
	var log string
	if err := b.out.Do("Kafka → consumer → Elasticsearch", func(s *progress.Step) (err error) {
		total, done := (len(consumers.All())+len(consumers.Scales))*b.runs, 0
		pod := *b
		pod.image = b.consumersImage
		log, err = pod.runPod(ctx, "indexer", func(line string) {
			if r, ok := parseConsumer(line); ok {
				done++
				s.Detail("%d of %d runs, %s: %.0f events/s, %.0f per CPU-second", done, total, r.Peer, r.Rate, r.PerCPU())
			}
		}, "/consumers", "--brokers="+b.brokers(), "--elasticsearch=http://"+b.release.Name+"-elasticsearch:9200", "--index="+b.values.index,
			"--runs="+strconv.Itoa(b.runs), "--length="+b.length.String(), "--dir=/tmp")
		return err
	}); err != nil {
		return err
	}
	if all.Indexer, err = summarizeConsumers(log); err != nil {
		return err
	}
	for path, why := range notHad {
		all.LeftOut[path] = why
	}
	return nil
}

// consumers gets their image, and brings it into the cluster of `make up`.
func (b *bench) consumers(ctx context.Context) error {
	if b.values.secured {
		return usage.Errorf("bench's consumers know no users: measure a release without global.security")
	}
	if b.consumersImage != "" {
		return nil
	}
	if b.own == nil {
		return usage.Errorf("a cluster of your own needs --consumers-image: push sluice/bench-consumers to its registry (make bench builds it)")
	}
	return b.out.Do("Image of the consumers", func(*progress.Step) error {
		builder, err := images.NewBuilder(ctx, b.repository)
		if err != nil {
			return err
		}
		image, err := builder.OnDemand(ctx, "bench-consumers")
		if err != nil {
			return err
		}
		b.consumersImage = image
		return b.own.LoadExtra(ctx, image)
	})
}

// removeMeasured removes indices and template that a run has left that was killed.
func (b *bench) removeMeasured(ctx context.Context) error {
	prefix := consumers.IndexPrefix(b.values.index)
	var left map[string]any
	if err := verify.Fetch(ctx, b.elastic, http.MethodGet, b.url+"/"+prefix+"*/_settings?filter_path=*.settings.index.uuid", nil, &left); err != nil {
		return err
	}
	for index := range left {
		if err := verify.Fetch(ctx, b.elastic, http.MethodDelete, b.url+"/"+index, nil, nil); err != nil {
			return err
		}
	}
	var all struct {
		Templates []struct{ Name string } `json:"index_templates"`
	}
	if err := verify.Fetch(ctx, b.elastic, http.MethodGet, b.url+"/_index_template?filter_path=index_templates.name", nil, &all); err != nil {
		return err
	}
	for _, template := range all.Templates {
		if template.Name == prefix {
			return verify.Fetch(ctx, b.elastic, http.MethodDelete, b.url+"/_index_template/"+prefix, nil, nil)
		}
	}
	return nil
}

func parseConsumer(line string) (consumers.Result, bool) {
	var r consumers.Result
	return r, json.Unmarshal([]byte(line), &r) == nil && r.Peer != ""
}

// summarizeConsumers makes figures of the lines. Runs are in their order, so that those of one number are divided by each other.
func summarizeConsumers(log string) (*results.Indexer, error) {
	peers, scales := map[string][]consumers.Result{}, map[string][]consumers.Result{}
	for line := range strings.Lines(log) {
		r, ok := parseConsumer(line)
		switch {
		case !ok:
		case r.Scale:
			scale := fmt.Sprintf("p%dx%d", r.Partitions, r.Processes)
			scales[scale] = append(scales[scale], r)
		default:
			peers[r.Peer] = append(peers[r.Peer], r)
		}
	}
	own := peers[consumers.Indexer]
	if len(own) == 0 {
		return nil, fmt.Errorf("no run of %s:\n%s", consumers.Indexer, run.LastLines(log, 15))
	}
	all := &results.Indexer{EventBytes: consumers.EventBytes, Partitions: consumers.Partitions,
		Peers: map[string]results.Consumer{}, Scale: map[string]results.IndexerScale{}}
	for name, rs := range peers {
		all.Peers[key(name)] = results.Consumer{
			Events:              rs[0].Events,
			EventsPerSecond:     measure.Of(each(rs, func(r consumers.Result) float64 { return r.Rate })),
			EventsPerCPUSecond:  measure.Of(each(rs, consumers.Result.PerCPU)),
			FirstSeconds:        measure.Of(each(rs, func(r consumers.Result) float64 { return r.First })),
			MaxMemoryBytes:      measure.Of(each(rs, consumers.Result.MaxMemory)),
			ElasticsearchPerCPU: measure.Of(each(rs, consumers.Result.ElasticsearchPerCPU)),
			ElasticsearchCPU:    measure.Of(each(rs, func(r consumers.Result) float64 { return r.ElasticsearchCPU })),
			Lost:                most(rs, consumers.Result.Lost),
			Doubled:             most(rs, consumers.Result.Doubled),
			Again:               most(rs, func(r consumers.Result) int64 { return r.Again }),
			IndexerRateRatio:    measure.Ratios(each(own, func(r consumers.Result) float64 { return r.Rate }), each(rs, func(r consumers.Result) float64 { return r.Rate })),
			IndexerCPURatio:     measure.Ratios(each(own, consumers.Result.PerCPU), each(rs, consumers.Result.PerCPU)),
		}
	}
	for name, rs := range scales {
		all.Scale[name] = results.IndexerScale{
			Partitions: rs[0].Partitions, Processes: rs[0].Processes, Events: rs[0].Events,
			EventsPerSecond:    measure.Of(each(rs, func(r consumers.Result) float64 { return r.Rate })),
			EventsPerCPUSecond: measure.Of(each(rs, consumers.Result.PerCPU)),
			MaxMemoryBytes:     measure.Of(each(rs, consumers.Result.MaxMemory)),
			Lost:               most(rs, consumers.Result.Lost),
			Doubled:            most(rs, consumers.Result.Doubled),
		}
	}
	return all, nil
}

// most is the largest value of all runs.
func most(all []consumers.Result, value func(consumers.Result) int64) int64 {
	return value(slices.MaxFunc(all, func(a, b consumers.Result) int { return int(value(a) - value(b)) }))
}
