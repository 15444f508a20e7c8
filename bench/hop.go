package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
)

const (
	hopEvents  = 120_000 // that lie in the topic when the engine starts
	hopTimeout = 10 * time.Minute
)

// hopRun is what one catch-up came to.
type hopRun struct {
	rate, perCPU, catchUp, memory, elasticsearchCPU, kafkaCPU float64
}

// hop fills topics of 1, 2 and 4 partitions while the engine is stopped, and measures how it catches up with each.
func hop(ctx context.Context, e *engine, all *results.Results) error {
	b := e.b
	counts := []int{1, 2, 4}
	runs := map[int][]hopRun{}
	err := b.out.Do("Kafka → engine → Elasticsearch", func(s *progress.Step) error {
		for i := range b.runs {
			for _, n := range measure.Order(counts, i) {
				s.Detail("run %d of %d, %d partitions", i+1, b.runs, n)
				run, err := e.catchUp(ctx, n, nil, s)
				if err != nil {
					return fmt.Errorf("%d partitions: %w", n, err)
				}
				runs[n] = append(runs[n], run)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	engine := results.Engine{}
	for n, rs := range runs {
		engine["p"+strconv.Itoa(n)] = hopOf(rs)
	}
	all.Hop = map[string]results.Engine{b.values.engine: engine}
	return nil
}

func hopOf(runs []hopRun) results.Hop {
	return results.Hop{
		Events:                  hopEvents,
		EventsPerSecond:         measure.Of(each(runs, func(r hopRun) float64 { return r.rate })),
		EventsPerCPUSecond:      measure.Of(each(runs, func(r hopRun) float64 { return r.perCPU })),
		CatchUpSeconds:          measure.Of(each(runs, func(r hopRun) float64 { return r.catchUp })),
		EngineMemoryBytes:       measure.Of(each(runs, func(r hopRun) float64 { return r.memory })),
		ElasticsearchCPUSeconds: measure.Of(each(runs, func(r hopRun) float64 { return r.elasticsearchCPU })),
		ElasticsearchPerCPU:     measure.Of(each(runs, func(r hopRun) float64 { return hopEvents / r.elasticsearchCPU })),
		KafkaCPUSeconds:         measure.Of(each(runs, func(r hopRun) float64 { return r.kafkaCPU })),
	}
}

// catchUp fills a new topic, starts the engine with those settings, and stops it once all events are searchable.
func (e *engine) catchUp(ctx context.Context, partitions int, settings map[string]any, s *progress.Step) (run hopRun, err error) {
	b := e.b
	topic, err := e.prepare(ctx, partitions, settings)
	if err != nil {
		return run, err
	}
	defer b.removeTopics(ctx)
	if _, err := b.runPod(ctx, "fill", func(string) {}, "/log-generator", "--brokers="+b.brokers(), "--topic="+topic, "--rate=0",
		"--count="+strconv.Itoa(hopEvents), "--run-id="+topic, "--services="+spreading, "--metrics-addr="); err != nil {
		return run, err
	}
	defer func() {
		if stopped := e.stop(ctx); err == nil {
			err = stopped
		}
	}()
	before, err := b.usage(ctx)
	if err != nil {
		return run, err
	}
	began := time.Now()
	if err := e.start(ctx); err != nil {
		return run, err
	}
	var firstCount int64
	var first, last time.Time
	for count := int64(0); count < hopEvents; time.Sleep(200 * time.Millisecond) {
		if count, err = b.searchable(ctx, topic); err != nil {
			return run, err
		}
		last = time.Now()
		if count > 0 && firstCount == 0 {
			firstCount, first = count, last
		}
		if last.Sub(began) > hopTimeout {
			return run, fmt.Errorf("%d of %d events are searchable after %s", count, hopEvents, hopTimeout)
		}
		s.Detail("%d partitions: %d of %d searchable", partitions, count, hopEvents)
	}
	after, err := b.usageNow(ctx, b.values.engine, "elasticsearch", "kafka")
	if err != nil {
		return run, err
	}
	run.catchUp = last.Sub(began).Seconds()
	run.rate = hopEvents / run.catchUp
	if firstCount < hopEvents { // else all were there at the first look
		run.rate = float64(hopEvents-firstCount) / last.Sub(first).Seconds()
	}
	run.perCPU = hopEvents / after[b.values.engine].cpu
	run.memory = after[b.values.engine].memory
	run.elasticsearchCPU = after["elasticsearch"].cpu - before["elasticsearch"].cpu
	run.kafkaCPU = after["kafka"].cpu - before["kafka"].cpu
	return run, nil
}
