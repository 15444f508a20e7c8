package test

import "testing"

// Goal: 50 ms at most.
func BenchmarkRender(b *testing.B) {
	for b.Loop() {
		if _, err := Preset("prod").Render(); err != nil {
			b.Fatal(err)
		}
	}
}
