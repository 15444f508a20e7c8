package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/size"
	"sluice/internal/state"
)

// The table of docs/operations.md, "Capacity", is what `sluice size` plans.
func TestCapacityTable(t *testing.T) {
	const path, begin, end = "docs/operations.md", "<!-- Made by `make golden`. -->\n", "<!-- The end. -->"
	root, err := state.Repository()
	require.NoError(t, err)
	content, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(content), begin)
	require.True(t, found, "%s has no %s", path, begin)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found, "%s has no %s", path, end)
	compare(t, path, before+begin+capacityTable(t)+end+after)
}

func capacityTable(t *testing.T) string {
	t.Helper()
	coefficients, err := size.Defaults()
	require.NoError(t, err)
	rows := [][]string{{"events a second"}, {"---"}}
	for _, rate := range []float64{1_000, 10_000, 100_000} {
		in := size.DefaultInput(coefficients)
		in.Rate = rate
		plan, err := size.New(in, coefficients)
		require.NoError(t, err)
		cell := 0
		add := func(name, format string, args ...any) {
			if cell == len(rows) {
				rows = append(rows, []string{name})
			}
			rows[cell] = append(rows[cell], fmt.Sprintf(format, args...))
			cell++
		}
		add("", "%.0f", rate)
		add("", "---")
		for _, row := range plan.Rows() {
			text := fmt.Sprintf("%d × %v CPU, %v GiB", row.Pods, row.CPU, row.MemoryGiB)
			if row.VolumeGiB > 0 {
				text += fmt.Sprintf(", disk %.0f GiB", row.VolumeGiB)
			}
			add(row.Component, "%s (%s)", text, row.Why)
		}
		add("partitions", "%d", plan.Kafka.Partitions)
		add("shards of a day's index", "%d", plan.Elasticsearch.Shards)
		add("USD a month", "%.0f", plan.Cost.Total())
	}
	var table strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&table, "| %s |\n", strings.Join(row, " | "))
	}
	return table.String()
}
