package main

import (
	"context"
	"path/filepath"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/release"
)

// rendered is a chart with values.
type rendered struct {
	name, dir string
	values    []string // files
}

// chartPart measures how long Helm takes to render the presets, and other charts beside them.
func chartPart(_ context.Context, b *bench, all *results.Results) error {
	dir := filepath.Join(b.repository, "charts", "sluice")
	var charts []rendered
	for _, preset := range []string{"dev", "prod"} {
		charts = append(charts, rendered{"sluice " + preset, dir, []string{filepath.Join(b.repository, "values", "values-"+preset+".yaml")}})
	}
	own := charts[len(charts)-1] // that the others are compared with
	for _, peer := range b.peerCharts {
		charts = append(charts, rendered{filepath.Base(peer), peer, nil})
	}
	delete(all.LeftOut, "chart.peers")
	if len(b.peerCharts) == 0 {
		all.LeftOut["chart.peers"] = "no other chart was given: --peer-charts names their directories"
	}
	objects, seconds, perHundred := map[string]int{}, map[string][]float64{}, map[string][]float64{}
	err := b.out.Do("Rendering of charts", func(s *progress.Step) error {
		for _, c := range charts {
			manifests, err := release.Manifests(c.dir, "sluice", "sluice", c.values, nil)
			if err != nil {
				return err
			}
			objects[c.name] = len(manifests)
		}
		for i := range b.runs {
			s.Detail("run %d of %d", i+1, b.runs)
			for _, c := range measure.Order(charts, i) {
				took, err := release.RenderTime(c.dir, c.values, nil)
				if err != nil {
					return err
				}
				seconds[c.name] = append(seconds[c.name], took.Seconds())
				perHundred[c.name] = append(perHundred[c.name], took.Seconds()/float64(objects[c.name])*100)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	all.Charts = map[string]results.Rendering{}
	for _, c := range charts {
		all.Charts[c.name] = results.Rendering{
			Objects: objects[c.name], Seconds: measure.Of(seconds[c.name]), SecondsPerHundred: measure.Of(perHundred[c.name]),
			ProdRatio: measure.Ratios(perHundred[own.name], perHundred[c.name]),
		}
	}
	return nil
}
