package release

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"sluice/internal/usage"
)

// What a template refuses is the user's to mend; what Helm or the cluster fails at is not.
func TestMendable(t *testing.T) {
	refused := mendable(errors.New("execution error at (sluice/charts/kafka/templates/manifests.yaml:1:4): kafka.mode is x: set it to y"))
	assert.EqualError(t, refused, "kafka.mode is x: set it to y")
	assert.Equal(t, 2, usage.ExitCode(refused))

	other := mendable(errors.New("connection refused"))
	assert.EqualError(t, other, "connection refused")
	assert.Equal(t, 1, usage.ExitCode(other))
}
