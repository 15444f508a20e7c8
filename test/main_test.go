package test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets garbage lie for longer: hundreds of renderings make much of it, a sixth of the tests' time went into collecting.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
