package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/size"
	"sluice/internal/verify"
)

// steadyRates are such that a Collector of one CPU keeps up with.
var steadyRates = []int{500, 1000, 1500}

// steady has `sluice verify --rate` tell what events take while all of the release is at work.
func steady(ctx context.Context, b *bench, all *results.Results) error {
	runs := map[int][]verify.Report{}
	err := b.out.Do("Steady rates", func(s *progress.Step) error {
		for i := range b.runs {
			for _, rate := range measure.Order(steadyRates, i) {
				s.Detail("run %d of %d, %d events a second", i+1, b.runs, rate)
				report, err := verify.Run(ctx, verify.Options{
					Kubeconfig: b.kubeconfig, Namespace: b.release.Namespace, Release: b.release.Name,
					Rate: rate, Count: 60 * rate, Timeout: 5 * time.Minute, Tolerance: verify.Any,
				})
				if err != nil {
					return fmt.Errorf("%d events a second: %w", rate, err)
				}
				runs[rate] = append(runs[rate], report)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	rates := results.Rates{}
	for rate, reports := range runs {
		if rates["r"+strconv.Itoa(rate)], err = steadyOf(rate, b.values.engine, reports); err != nil {
			return err
		}
	}
	all.Steady = map[string]results.Rates{b.values.engine: rates}
	if b.values.engine != "logstash" {
		all.LeftOut["steady.logstash"] = noLogstash
	}
	return nil
}

func steadyOf(rate int, engine string, reports []verify.Report) (s results.Steady, err error) {
	coefficient := func(name string) measure.Figure {
		return measure.Of(each(reports, func(r verify.Report) float64 {
			for _, p := range r.Predictions {
				if p.Coefficient == name {
					return p.Value
				}
			}
			err = errors.Join(err, fmt.Errorf("verify tells no %s", name))
			return 0
		}))
	}
	s = results.Steady{
		Rate:                rate,
		EventsPerCPUSecond:  coefficient(size.EngineRate(engine)),
		ElasticsearchPerCPU: coefficient(size.ElasticsearchRate),
		KafkaRequestCPUs:    coefficient(size.KafkaRequests),
		GeneratedPerCPU:     measure.Of(each(reports, func(r verify.Report) float64 { return r.Yardstick })),
		P50Seconds:          measure.Of(each(reports, func(r verify.Report) float64 { return r.LatencyP50 })),
		P99Seconds:          measure.Of(each(reports, func(r verify.Report) float64 { return r.LatencyP99 })),
	}
	return s, err
}
