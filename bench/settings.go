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
	texts   map[string]string // of the engine's configuration, and what is in their place
	refresh string            // refresh interval of the indices; the chart's when empty
}

const (
	bulkSetting    = "min_size: 262144"
	workersSetting = "max_concurrent_streams: 2"
)

var settings = []setting{
	{name: "chart"},
	{name: "bulk of 64 KiB", texts: map[string]string{bulkSetting: "min_size: 65536"}},
	{name: "bulk of 1 MiB", texts: map[string]string{bulkSetting: "min_size: 1048576"}},
	{name: "1 worker", texts: map[string]string{workersSetting: "max_concurrent_streams: 1"}},
	{name: "4 workers", texts: map[string]string{workersSetting: "max_concurrent_streams: 4"}},
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
				run, err := e.catchUp(ctx, partitions, one.texts, s)
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
