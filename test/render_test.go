package test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whoever edits a template renders it again and again.
func TestRenderTime(t *testing.T) {
	_, err := Preset("dev").Render() // the first one also fills caches
	require.NoError(t, err)
	start := time.Now()
	_, err = Preset("prod").Render()
	require.NoError(t, err)
	t.Logf("rendered in %s; `go test ./test -run=- -bench=Render` measures it", time.Since(start))
}

func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		if _, err := Preset("prod").Render(); err != nil {
			b.Fatal(err)
		}
	}
}
