package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/verify"
)

// setting differs from the chart's in one thing.
type setting struct {
	name    string
	config  map[string]any // of the indexer, by its path
	refresh string         // refresh interval of the indices; the chart's when empty
}

const (
	bulkBytesPath = "elasticsearch.bulkBytes" // of a request
	requestsPath  = "elasticsearch.requests"  // at the same time
)

var settings = []setting{
	{name: "chart"},
	{name: "bulk of 256 KiB", config: map[string]any{bulkBytesPath: 256 << 10}},
	{name: "bulk of 4 MiB", config: map[string]any{bulkBytesPath: 4 << 20}},
	{name: "1 request", config: map[string]any{requestsPath: 1}},
	{name: "4 requests", config: map[string]any{requestsPath: 4}},
	{name: "refresh 5s", refresh: "5s"},
	{name: "refresh 30s", refresh: "30s"},
}

// settingsPart measures the catch-up of hop with one of the engine's settings changed at a time.
func settingsPart(ctx context.Context, e *engine, all *results.Results) error {
	b := e.b
	defer func() {
		if err := b.refreshEvery(context.WithoutCancel(ctx), b.values.refresh); err != nil {
			b.out.Printf("the refresh interval of %s could not be set back to %s: %v", b.values.index, b.values.refresh, err)
		}
	}()
	runs := map[string][]hopRun{}
	err := b.out.Do("Settings of the engine", func(s *progress.Step) error {
		for i := range b.runs {
			for _, one := range measure.Order(settings, i) {
				s.Detail("run %d of %d, %s", i+1, b.runs, one.name)
				if err := b.refreshEvery(ctx, cmp.Or(one.refresh, b.values.refresh)); err != nil {
					return err
				}
				run, err := e.catchUp(ctx, partitions, one.config, s)
				if err != nil {
					return fmt.Errorf("%s: %w", one.name, err)
				}
				runs[one.name] = append(runs[one.name], run)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	all.Settings = map[string]results.Setting{}
	rate := func(r hopRun) float64 { return r.rate }
	for name, rs := range runs {
		all.Settings[name] = results.Setting{Hop: hopOf(rs), RateRatio: measure.Ratios(each(rs, rate), each(runs[settings[0].name], rate))}
	}
	return nil
}

// refreshEvery sets the refresh interval of the indices that there are.
func (b *bench) refreshEvery(ctx context.Context, interval string) error {
	return verify.Fetch(ctx, b.elastic, http.MethodPut, b.url+"/"+b.values.index+"/_settings",
		strings.NewReader(fmt.Sprintf(`{"index":{"refresh_interval":%q}}`, interval)), nil)
}
