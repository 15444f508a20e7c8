package compose

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A claim that another pod mounts by its name is the volume of the StatefulSet that made it.
func TestVolumeOf(t *testing.T) {
	require.Equal(t, "spark-streaming-job-data", volumeOf("data-sluice-spark-streaming-job-0"))
	require.Equal(t, "prometheus-data", volumeOf("sluice-prometheus-data"))
}
