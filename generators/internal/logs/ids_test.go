package logs

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestIDs(t *testing.T) {
	run := uuid.Must(uuid.NewV7()).String()
	began, later := time.UnixMilli(1_000), time.UnixMilli(2_000)
	ids := newIDs(run, began)

	id := uuid.UUID(ids.at(5))
	require.Equal(t, uuid.Version(7), id.Version())
	require.Equal(t, uuid.RFC4122, id.Variant())
	require.Equal(t, uuid.MustParse(run).Time(), id.Time(), "the run's time")

	require.Equal(t, ids.at(5), newIDs(run, later).at(5), "a run sent again has the same ids")
	other := uuid.Must(uuid.NewV7()).String()
	require.NotEqual(t, ids.at(5), newIDs(other, began).at(5), "another run has others")
	require.NotEqual(t, newIDs("mine", began).at(5), newIDs("mine", later).at(5), "without a time in the run id, the start counts")

	// Every bit of the counter ends up in the id, in order.
	previous := ids.at(0)
	for bit := range 42 {
		next := ids.at(1 << bit)
		require.Negative(t, bytes.Compare(previous[:], next[:]), "number 2^%d sorts after the one before", bit)
		previous = next
	}
}
