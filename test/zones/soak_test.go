//go:build zones

package zones

import (
	"os"
	"testing"
)

// SLUICE_SOAK=1 breaks things as often as it takes to trust the result; otherwise as often as a tier's time allows.
var soak = os.Getenv("SLUICE_SOAK") != ""

// times is how often to do something that is to be done all times.
func times(t *testing.T, what string, few, all int) int {
	t.Helper()
	n := few
	if soak {
		n = all
	}
	if n < all {
		t.Logf("%d of %d %s; SLUICE_SOAK=1 for all", n, all, what)
	}
	return n
}
