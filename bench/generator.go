package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/producers"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/run"
)

const (
	compression = "snappy"
	partitions  = 4 // enough that they are not what limits an engine
)

// generator measures log-generator beside other producers, in one pod and against the release's own broker.
func generator(ctx context.Context, b *bench, all *results.Results) error {
	g := &results.Generator{Compression: compression, Partitions: partitions}
	if err := b.out.Do("Encoder beside encoding/json", func(*progress.Step) (err error) {
		g.Encoder, err = encoder(ctx, b)
		return err
	}); err != nil {
		return err
	}
	restore, err := b.alone(ctx)
	if err != nil {
		return err
	}
	defer restore()
	var log string
	err = b.out.Do("Producers beside a real broker", func(s *progress.Step) (err error) {
		total, done := len(producers.Sizes)*len(producers.All())*b.runs, 0
		log, err = b.runPod(ctx, "generator", func(line string) {
			if r, ok := parse(line); ok {
				done++
				s.Detail("%d of %d runs, %s: %.0f records/s", done, total, r.Peer, r.Rate())
			}
		}, "/runner", "--brokers="+b.brokers(), "--runs="+strconv.Itoa(b.runs), "--length="+b.length.String(),
			"--compression="+compression, "--partitions="+strconv.Itoa(partitions), "--dir=/tmp")
		return err
	})
	if err != nil {
		return err
	}
	if g.Bytes, err = summarize(log); err != nil {
		return err
	}
	all.Generator = g
	return nil
}

func parse(line string) (producers.Result, bool) {
	var r producers.Result
	return r, json.Unmarshal([]byte(line), &r) == nil && r.Peer != ""
}

// summarize makes figures of the runner's lines. Runs are in their order, so that those of one number are divided by each other.
func summarize(log string) (map[string]map[string]results.Producer, error) {
	runs := map[string]map[string][]producers.Result{}
	for line := range strings.Lines(log) {
		r, ok := parse(line)
		if !ok {
			continue
		}
		size := strconv.Itoa(r.Size)
		if runs[size] == nil {
			runs[size] = map[string][]producers.Result{}
		}
		runs[size][r.Peer] = append(runs[size][r.Peer], r)
	}
	bytes := map[string]map[string]results.Producer{}
	for size, peers := range runs {
		bytes[size] = map[string]results.Producer{}
		own := peers[producers.LogGenerator]
		if len(own) == 0 {
			return nil, fmt.Errorf("no run of %s with %s bytes", producers.LogGenerator, size)
		}
		for name, rs := range peers {
			bytes[size][key(name)] = results.Producer{
				Records:           rs[0].Records,
				RecordsPerSecond:  measure.Of(each(rs, producers.Result.Rate)),
				WithStart:         measure.Of(each(rs, func(r producers.Result) float64 { return float64(r.Records) / r.Seconds })),
				CPUPerMillion:     measure.Of(each(rs, producers.Result.CPUPerMillion)),
				MaxMemoryBytes:    measure.Of(each(rs, func(r producers.Result) float64 { return float64(r.MaxMemory) })),
				GeneratorRate:     measure.Ratios(each(own, producers.Result.Rate), each(rs, producers.Result.Rate)),
				GeneratorCPURatio: measure.Ratios(each(own, producers.Result.CPUPerMillion), each(rs, producers.Result.CPUPerMillion)),
			}
		}
	}
	if len(bytes) == 0 {
		return nil, fmt.Errorf("the runner printed no results:\n%s", run.LastLines(log, 15))
	}
	return bytes, nil
}

func each[T any](all []T, value func(T) float64) []float64 {
	values := make([]float64, 0, len(all))
	for _, one := range all {
		values = append(values, value(one))
	}
	return values
}

// key is a name as a part of a path: kafka-go defaults → kafka_go_defaults.
func key(name string) string { return strings.NewReplacer("-", "_", " ", "_").Replace(name) }
