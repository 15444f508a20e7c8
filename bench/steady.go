package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/size"
	"sluice/internal/verify"
)

// steadyRate is one that any engine keeps up with, and that a small machine has room for.
const steadyRate = 1000

// steady has `sluice verify --rate` tell what events take while all of the release is at work.
func steady(ctx context.Context, b *bench, all *results.Results) error {
	reports, err := repeat(b, "Steady rate", func(func(string)) (verify.Report, error) {
		return verify.Run(ctx, verify.Options{
			Kubeconfig: b.kubeconfig, Namespace: b.release.Namespace, Release: b.release.Name,
			Rate: steadyRate, Count: 60 * steadyRate, Timeout: 5 * time.Minute, Tolerance: verify.Any,
		})
	})
	if err != nil {
		return err
	}
	engine, err := steadyOf(b.values.engine, reports)
	if err != nil {
		return err
	}
	all.Steady = map[string]results.Steady{b.values.engine: engine}
	if b.values.engine != "logstash" {
		all.LeftOut["steady.logstash"] = noLogstash
	}
	return nil
}

func steadyOf(engine string, reports []verify.Report) (s results.Steady, err error) {
	coefficient := func(name string) measure.Figure {
		return measure.Of(each(reports, func(r verify.Report) float64 {
			for _, p := range r.Predictions {
				if p.Coefficient == name && p.Value > 0 {
					return p.Value
				}
			}
			err = errors.Join(err, fmt.Errorf("verify tells no %s", name))
			return 0
		}))
	}
	s = results.Steady{
		Rate:                steadyRate,
		EventsPerCPUSecond:  coefficient(size.EngineRate(engine)),
		ElasticsearchPerCPU: coefficient(size.ElasticsearchRate),
		KafkaRequestCPUs:    coefficient(size.KafkaRequests),
		GeneratorCPUs:       measure.Of(each(reports, func(r verify.Report) float64 { return r.GeneratorCPUs })),
		P50Seconds:          measure.Of(each(reports, func(r verify.Report) float64 { return r.LatencyP50 })),
		P99Seconds:          measure.Of(each(reports, func(r verify.Report) float64 { return r.LatencyP99 })),
	}
	return s, err
}
