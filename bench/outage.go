package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
)

const (
	outageLength = 5 * time.Minute
	outageAfter  = 2 * time.Minute // for which events go on coming
	outageRate   = 200             // events a second
	// upToDate is how many events may be on their way when the engine has caught up: those of two seconds.
	upToDate = 2 * outageRate
)

// outageRun is what one of them came to.
type outageRun struct{ waiting, catchUp, memory float64 }

// outage stops the engine for five minutes while events go on coming, and measures how long it takes until it is up to date.
func outage(ctx context.Context, e *engine, all *results.Results) error {
	b := e.b
	runs, err := repeat(b, fmt.Sprintf("Engine stopped for %s", outageLength), func(tell func(string)) (outageRun, error) { return e.outage(ctx, tell) })
	if err != nil {
		return err
	}
	all.Outage = &results.Outage{
		Seconds: outageLength.Seconds(), EventsPerSecond: outageRate,
		Waiting:           measure.Of(each(runs, func(r outageRun) float64 { return r.waiting })),
		CatchUpSeconds:    measure.Of(each(runs, func(r outageRun) float64 { return r.catchUp })),
		EngineMemoryBytes: measure.Of(each(runs, func(r outageRun) float64 { return r.memory })),
	}
	return nil
}

func (e *engine) outage(ctx context.Context, tell func(string)) (run outageRun, err error) {
	b := e.b
	topic, err := e.prepare(ctx, partitions, nil)
	if err != nil {
		return run, err
	}
	defer b.removeTopics(ctx)
	const count = outageRate * int64((outageLength+outageAfter)/time.Second)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := make(chan error, 1)
	go func() {
		_, err := b.runPod(ctx, "steady", func(string) {}, "/log-generator", "--brokers="+b.brokers(), "--topic="+topic,
			"--rate="+strconv.Itoa(outageRate), "--count="+strconv.FormatInt(count, 10), "--run-id="+topic, "--services="+spreading, "--metrics-addr=")
		sent <- err
	}()
	tell("stopped")
	select {
	case <-time.After(outageLength):
	case err := <-sent:
		return run, fmt.Errorf("the events ended early: %w", err)
	case <-ctx.Done():
		return run, ctx.Err()
	}
	waiting, err := b.records(ctx, topic)
	if err != nil {
		return run, err
	}
	run.waiting = float64(waiting)
	defer func() {
		if stopped := e.stop(ctx); err == nil {
			err = stopped
		}
	}()
	began := time.Now()
	if err := e.start(ctx); err != nil {
		return run, err
	}
	for behind := waiting; behind > upToDate; time.Sleep(500 * time.Millisecond) {
		records, err := b.records(ctx, topic)
		if err != nil {
			return run, err
		}
		found, err := b.searchable(ctx, topic)
		if err != nil {
			return run, err
		}
		behind = records - found
		run.catchUp = time.Since(began).Seconds()
		if time.Since(began) > hopTimeout {
			return run, fmt.Errorf("%d events are not searchable after %s", behind, hopTimeout)
		}
		tell(fmt.Sprintf("%d events behind", behind))
	}
	usage, err := b.usageNow(ctx, b.values.engine)
	if err != nil {
		return run, err
	}
	run.memory = usage[b.values.engine].memory
	tell("until all are searchable")
	if err := <-sent; err != nil {
		return run, err
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		found, err := b.searchable(ctx, topic)
		if err != nil || found == count {
			return run, err
		}
		if time.Now().After(deadline) {
			return run, fmt.Errorf("%d of %d events are searchable a minute after the last one was sent", found, count)
		}
	}
}
