package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/bench/internal/measure"
)

func TestChart(t *testing.T) {
	c := Chart{Title: "Records <fast>", Unit: "records/s", Groups: []Group{{"100 B", []Bar{
		{"a & b", measure.Figure{Median: 50, Min: 25, Max: 100, Runs: 5}}, {"own", measure.Figure{Median: 10, Min: 10, Max: 10, Runs: 1}},
	}}}}
	var out bytes.Buffer
	require.NoError(t, c.Write(&out, "own"))
	decoder := xml.NewDecoder(bytes.NewReader(out.Bytes()))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	require.Contains(t, out.String(), `class="bar" x="216.0" y="71.0" width="210.0"`, "half of the widest")
	require.Contains(t, out.String(), `class="own"`)
	require.Contains(t, out.String(), `x1="321.0"`, "the whisker begins at the smallest")
	require.Contains(t, out.String(), "prefers-color-scheme: dark")
	require.NotContains(t, out.String(), "<fast>")

	require.Error(t, Chart{Title: "empty"}.Write(&out, ""))
}

func TestShort(t *testing.T) {
	for want, value := range map[string]float64{
		"0": 0, "0.123": 0.1234, "1.23": 1.234, "12.3": 12.34, "123": 123.4, "1,230": 1234, "12,300": 12345, "1,230,000": 1234567, "-1,230": -1234, "-123": -123,
	} {
		require.Equal(t, want, Short(value))
	}
}
