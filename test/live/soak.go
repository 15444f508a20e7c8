package live

import (
	"os"
	"testing"
)

// Soak tells whether SLUICE_SOAK=1 asks to do things as often, and as large, as it takes to trust the result; otherwise a
// tier's time decides.
var Soak = os.Getenv("SLUICE_SOAK") != ""

// Times is how often to do something that is to be done all times.
func Times(t *testing.T, what string, few, all int) int {
	t.Helper()
	n := few
	if Soak {
		n = all
	}
	if n < all {
		t.Logf("%d of %d %s; SLUICE_SOAK=1 for all", n, all, what)
	}
	return n
}

// SoakOnly skips a test that takes longer than a tier's time allows.
func SoakOnly(t *testing.T) {
	t.Helper()
	if !Soak {
		t.Skip("takes minutes: SLUICE_SOAK=1 runs it")
	}
}
