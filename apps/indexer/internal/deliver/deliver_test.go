package deliver

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryRecordBecomesADocument(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 3), newElastic(t)
	client := newClient(t, cluster)
	produce(t, client, 5000)
	began := time.Now()
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return es.count() == 5000 }, "documents")
	t.Log(time.Since(began))
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	require.NoError(t, m.Healthy())
	require.NoError(t, m.Ready())
	m.stop(t)
	require.Zero(t, es.doubled)
	require.EqualValues(t, 5000, m.metric(t, "indexer_records_read_total", testTopic))
	require.EqualValues(t, 5000, m.metric(t, "indexer_documents_indexed_total", ""))
	require.EqualValues(t, 5000, m.metric(t, "indexer_delivery_seconds", ""))
	require.EqualValues(t, 0, m.metric(t, "indexer_in_flight_bytes", ""))
	require.LessOrEqual(t, es.largest, 64<<10)
}
