package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/run"
)

var benchmark = regexp.MustCompile(`(?m)^Benchmark\S+\s+\d+\s+([\d.]+) ns/op.*\s(\d+) allocs/op`)

// encoder runs the two benchmarks of the event encoder in turn. What it took at best in a run is what counts: whatever else
// runs on the machine only ever makes it slower.
func encoder(ctx context.Context, b *bench) (results.Encoder, error) {
	const tries = 10
	dir := filepath.Join(b.repository, "generators", "internal", "logs")
	names := []string{"BenchmarkAppendJSON", "BenchmarkEncodingJSON"}
	nanos, allocations := map[string][]float64{}, []float64{}
	for i := range b.runs {
		for _, name := range measure.Order(names, i) {
			out, err := run.Cmd{Dir: dir, Args: []string{
				"go", "test", "-run=^$", "-bench=^" + name + "$", "-benchtime=50ms", "-count=" + strconv.Itoa(tries), ".",
			}}.Run(ctx)
			if err != nil {
				return results.Encoder{}, err
			}
			var times []float64
			for _, found := range benchmark.FindAllStringSubmatch(out, -1) {
				took, err := strconv.ParseFloat(found[1], 64)
				if err != nil {
					return results.Encoder{}, err
				}
				times = append(times, took)
				if name == names[0] {
					allocated, err := strconv.ParseFloat(found[2], 64)
					if err != nil {
						return results.Encoder{}, err
					}
					allocations = append(allocations, allocated)
				}
			}
			if len(times) == 0 {
				return results.Encoder{}, fmt.Errorf("%s printed no result:\n%s", name, out)
			}
			nanos[name] = append(nanos[name], measure.Of(times).Min)
		}
	}
	return results.Encoder{
		Nanoseconds:     measure.Of(nanos[names[0]]),
		JSONNanoseconds: measure.Of(nanos[names[1]]),
		Ratio:           measure.Ratios(nanos[names[1]], nanos[names[0]]),
		Allocations:     measure.Of(allocations),
	}, nil
}
