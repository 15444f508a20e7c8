//go:build e2e

package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What a producer takes back is never indexed, and what it commits is.
func TestAbortedTransactions(t *testing.T) {
	p := connectPipeline(t)
	run := fmt.Sprintf("transactions-%d", time.Now().UnixNano())
	client, err := kgo.NewClient(append(p.KafkaOptions(t), kgo.TransactionalID("test-"+run), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	require.NoError(t, err)
	defer client.Close()
	transaction := func(name string, end kgo.TransactionEndTry) (ids []string) {
		require.NoError(t, client.BeginTransaction())
		for i := range 50 {
			id := fmt.Sprintf("%s/%s-%d", run, name, i)
			ids = append(ids, id)
			require.NoError(t, client.ProduceSync(t.Context(), &kgo.Record{Topic: p.topic, Value: event(id, time.Now())}).FirstErr())
		}
		require.NoError(t, client.EndTransaction(t.Context(), end))
		return ids
	}
	aborted := transaction("aborted", kgo.TryAbort)
	kept := transaction("kept", kgo.TryCommit)
	aborted = slices.Concat(aborted, transaction("aborted-again", kgo.TryAbort))
	// It also ends the partition with a record, which most tools take for granted.
	last := run + "/last"
	p.send(t, p.topic, event(last, time.Now()))

	p.awaitOne(t, append(kept, last), time.Minute)
	found, err := p.find(t.Context(), aborted)
	require.NoError(t, err)
	require.Empty(t, found, "documents of aborted transactions")
}
