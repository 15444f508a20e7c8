// Package measure says in which order things are measured, and what of many measurements is told.
package measure

import (
	"math"
	"slices"
)

// Figure is what is told of one quantity that was measured several times.
type Figure struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Runs   int     `json:"runs"`
}

// Of sums up measurements; there must be one at least.
func Of(values []float64) Figure {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return Figure{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1], Runs: n}
}

// Ratios divides each measurement by that of the same run, so that what slowed down the whole run falls out.
func Ratios(values, by []float64) Figure {
	ratios := make([]float64, 0, len(values))
	for i, value := range values {
		if i < len(by) && by[i] != 0 {
			ratios = append(ratios, value/by[i])
		}
	}
	if len(ratios) == 0 {
		return Figure{Median: math.NaN(), Min: math.NaN(), Max: math.NaN()}
	}
	return Of(ratios)
}

// Order is the order of a run, counted from 0: it begins with another one each time, and every second run goes backwards,
// so that none is always measured after the same one, or while the machine is still cold.
func Order[T any](all []T, run int) []T {
	order := make([]T, 0, len(all))
	for i := range all {
		order = append(order, all[(i+run)%len(all)])
	}
	if run%2 == 1 {
		slices.Reverse(order)
	}
	return order
}
