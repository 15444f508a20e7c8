package measure

import (
	"math"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOf(t *testing.T) {
	values := []float64{5, 1, 3}
	require.Equal(t, Figure{Median: 3, Min: 1, Max: 5, Runs: 3}, Of(values))
	require.Equal(t, []float64{5, 1, 3}, values, "they stay in the order of the runs")
	require.Equal(t, Figure{Median: 2.5, Min: 1, Max: 4, Runs: 4}, Of([]float64{4, 1, 2, 3}))
	require.Equal(t, Figure{Median: 7, Min: 7, Max: 7, Runs: 1}, Of([]float64{7}))
}

// A run on a machine that is twice as slow changes no ratio.
func TestRatios(t *testing.T) {
	require.Equal(t, Figure{Median: 2, Min: 2, Max: 2, Runs: 3}, Ratios([]float64{10, 5, 20}, []float64{5, 2.5, 10}))
	require.True(t, math.IsNaN(Ratios([]float64{1}, []float64{0}).Median))
}

func TestOrder(t *testing.T) {
	all := []string{"a", "b", "c"}
	require.Equal(t, []string{"a", "b", "c"}, Order(all, 0))
	require.Equal(t, []string{"a", "c", "b"}, Order(all, 1))
	require.Equal(t, []string{"c", "a", "b"}, Order(all, 2))
	first := map[string]bool{}
	for run := range 6 {
		order := Order(all, run)
		first[order[0]] = true
		slices.Sort(order)
		require.Equal(t, all, order)
	}
	require.Len(t, first, 3, "each is first at some time")
}

func TestRun(t *testing.T) {
	child, err := Run(exec.Command("sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"))
	require.NoError(t, err)
	require.Positive(t, child.Seconds)
	require.Positive(t, child.CPUSeconds)
	require.Positive(t, child.MaxMemory)
	_, err = Run(exec.Command("sh", "-c", "exit 3"))
	require.Error(t, err)
	_, err = Run(exec.Command("/nonexistent"))
	require.Error(t, err)
}
