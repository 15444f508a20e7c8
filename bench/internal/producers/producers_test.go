package producers

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCounts(t *testing.T) {
	all := []Producer{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "slow", Slow: true}}
	rates := map[string]float64{"a": 300_000, "b": 100_000, "c": 200_000, "slow": 10}
	require.Equal(t, map[string]int{"a": 2_000_000, "b": 2_000_000, "c": 2_000_000, "slow": 1000}, Counts(all, rates, 10*time.Second))
}

func TestAgain(t *testing.T) {
	for left, want := range map[int]string{0: "", 1: "one\n", 2: "one\ntwo\n", 5: "one\ntwo\none\ntwo\none\n"} {
		read, err := io.ReadAll(iotest.OneByteReader(&again{events: []byte("one\ntwo\n"), left: left}))
		require.NoError(t, err)
		require.Equal(t, want, string(read))
		read, err = io.ReadAll(&again{events: []byte("one\ntwo\n"), left: left})
		require.NoError(t, err)
		require.Equal(t, want, string(read))
	}
	read, err := io.ReadAll(&again{events: bytes.Repeat([]byte("a line\n"), 1000), left: 3500})
	require.NoError(t, err)
	require.Len(t, read, 3500*7)
}

func TestSteadyRate(t *testing.T) {
	output := "40000 records sent, 7999.2 records/sec (7.63 MB/sec), 12.0 ms avg latency, 300.0 ms max latency.\n" +
		"100000 records sent, 81234.5 records/sec (7.75 MB/sec), 9.10 ms avg latency, 300.00 ms max latency, 5 ms 50th, 20 ms 95th, 50 ms 99th, 90 ms 99.9th.\n"
	for _, p := range All() {
		if p.Name == PerfTest {
			require.Equal(t, "81234.5", p.steady.FindStringSubmatch(output)[1])
		}
	}
}
