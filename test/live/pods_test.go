package live

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMetricsText(t *testing.T) {
	sums := map[string]float64{"a_total": 1}
	require.NoError(t, addText(sums, strings.NewReader("# HELP a_total All.\n# TYPE a_total counter\na_total{reason=\"x y\"} 2\na_total{reason=\"}\"} 3\n\nb 1.5e+02\n")))
	require.Equal(t, map[string]float64{"a_total": 6, "b": 150}, sums)
	require.ErrorContains(t, addText(sums, strings.NewReader("b many\n")), `"b many" is no sample`)
}
