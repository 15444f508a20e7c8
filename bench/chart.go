package main

import (
	"context"
	"path/filepath"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/release"
)

// chartPart measures how long Helm takes to render the presets.
func chartPart(_ context.Context, b *bench, all *results.Results) error {
	c := &results.Chart{Presets: map[string]results.Rendering{}}
	presets := []string{"dev", "prod"}
	dir := filepath.Join(b.repository, "charts", "sluice")
	values := func(preset string) []string {
		return []string{filepath.Join(b.repository, "values", "values-"+preset+".yaml")}
	}
	seconds := map[string][]float64{}
	err := b.out.Do("Rendering of the chart", func(*progress.Step) error {
		for i := range b.runs {
			for _, preset := range measure.Order(presets, i) {
				took, err := release.RenderTime(dir, values(preset), nil)
				if err != nil {
					return err
				}
				seconds[preset] = append(seconds[preset], took.Seconds())
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, preset := range presets {
		objects, err := release.Manifests(dir, "sluice", "sluice", values(preset), nil)
		if err != nil {
			return err
		}
		var perHundred []float64
		for _, s := range seconds[preset] {
			perHundred = append(perHundred, s/float64(len(objects))*100)
		}
		c.Presets[preset] = results.Rendering{Objects: len(objects), Seconds: measure.Of(seconds[preset]), SecondsPerHundred: measure.Of(perHundred)}
	}
	all.LeftOut["chart.kube_prometheus_stack"] = "no chart repository answers here"
	all.Chart = c
	return nil
}
