package deliver

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// requireAll holds the committed offsets against the documents: nothing before them may be missing.
func requireAll(t *testing.T, es *fakeElastic, texts []string) {
	t.Helper()
	missing := 0
	for _, text := range texts {
		if es.get("logs/"+text) == "" {
			missing++
		}
	}
	require.Zero(t, missing, "documents are lost")
	require.Equal(t, len(texts), es.has("logs"))
}

// requireNotAhead reads what is before the committed offsets: all of it must be there.
func requireNotAhead(t *testing.T, client *kgo.Client, es *fakeElastic, written [][]string) {
	t.Helper()
	commits, err := kadm.NewClient(client).FetchOffsets(t.Context(), testGroup)
	require.NoError(t, err)
	commits.Each(func(o kadm.OffsetResponse) {
		for _, text := range written[o.Partition][:max(0, o.At)] {
			require.NotEmpty(t, es.get("logs/"+text), "the offset %d of partition %d is ahead of %s", o.At, o.Partition, text)
		}
	})
}

// kill -9 at 20 random moments: nothing is lost, and no offset is ahead of what is kept.
func TestKilledTwentyTimes(t *testing.T) {
	t.Parallel()
	const partitions, perRound = 3, 600
	cluster, es := newCluster(t, partitions), newElastic(t)
	client := newClient(t, cluster, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	es.request = func(w http.ResponseWriter, _ int, _ []byte) bool {
		time.Sleep(rand.N(30 * time.Millisecond))
		switch rand.IntN(5) {
		case 0:
			return answer(w, 503, "")
		case 1:
			panic(http.ErrAbortHandler)
		}
		return false
	}
	es.item = func(string, string, string) (int, string) {
		if rand.IntN(50) == 0 {
			return 429, `{"type":"es_rejected_execution_exception"}`
		}
		return 0, ""
	}
	written := make([][]string, partitions)
	var all []string
	for range 20 {
		var records []*kgo.Record
		for i := range perRound {
			text := fmt.Sprintf("id-%07d", made.Add(1))
			written[i%partitions] = append(written[i%partitions], text)
			all = append(all, text)
			records = append(records, &kgo.Record{Partition: int32(i % partitions), Value: []byte(text)})
		}
		require.NoError(t, client.ProduceSync(t.Context(), records...).FirstErr())
		m := startMember(t, cluster, []string{es.URL}, func(o *Options) {
			o.Config.Elasticsearch.BulkBytes = 4 << 10
			o.Kafka = append(o.Kafka, kgo.ClientID("victim"))
		})
		before := es.count()
		eventually(t, func() bool { return es.count() > before+rand.IntN(100) }, "some documents")
		time.Sleep(rand.N(1500 * time.Millisecond))
		m.kill(t)
		requireNotAhead(t, client, es, written)
		evict(t, client)
	}
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	m.stop(t)
	requireAll(t, es, all)
}

// evict takes dead members out of the group, which a session timeout would do as well.
func evict(t *testing.T, client *kgo.Client) {
	t.Helper()
	admin := kadm.NewClient(client)
	groups, err := admin.DescribeGroups(t.Context(), testGroup)
	require.NoError(t, err)
	for _, dead := range groups[testGroup].Members {
		leave := kmsg.NewPtrLeaveGroupRequest()
		leave.Group = testGroup
		leave.Members = []kmsg.LeaveGroupRequestMember{{MemberID: dead.MemberID}}
		_, err := leave.RequestWith(t.Context(), client)
		require.NoError(t, err)
	}
}

// Members come and go: nothing is lost, little is sent twice, and the others don't stop.
func TestMembersComeAndGo(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 6), newElastic(t)
	client := newClient(t, cluster)
	var all []string
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
				all = append(all, produce(t, client, 50)...)
			}
		}
	}()
	first := startMember(t, cluster, []string{es.URL})
	for range 3 {
		second := startMember(t, cluster, []string{es.URL})
		eventually(t, func() bool { return second.metric(t, "indexer_documents_indexed_total", "") > 0 }, "the second one's documents")
		third := startMember(t, cluster, []string{es.URL})
		eventually(t, func() bool { return third.metric(t, "indexer_documents_indexed_total", "") > 0 }, "the third one's documents")
		require.Len(t, first.p.assigned.all(), 2)
		second.stop(t)
		third.stop(t)
		eventually(t, func() bool { return len(first.p.assigned.all()) == 6 }, "the first one gets all back")
	}
	close(stop)
	<-stopped
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	first.stop(t)
	requireAll(t, es, all)
	require.Zero(t, es.doubled, "partitions are given back when all is kept and committed")
	require.Positive(t, first.metric(t, "indexer_rebalances_total", ""))
}

// A bulk request hangs while a partition is taken away: it is given back all the same.
func TestRevokedWhileElasticsearchHangs(t *testing.T) {
	t.Parallel()
	cluster, es, other := newCluster(t, 2), newElastic(t), newElastic(t)
	client := newClient(t, cluster)
	release := make(chan struct{})
	es.request = func(http.ResponseWriter, int, []byte) bool { <-release; return false }
	all := produce(t, client, 1000)
	first := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return first.metric(t, "indexer_in_flight_bytes", "") > 0 }, "bytes in flight")
	began := time.Now()
	second := startMember(t, cluster, []string{other.URL})
	eventually(t, func() bool { return other.has("logs") == 500 }, "the second one's documents")
	require.Less(t, time.Since(began), revokeWait+5*time.Second)
	close(release)
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	first.stop(t)
	second.stop(t)
	for _, text := range all {
		require.True(t, es.get("logs/"+text) != "" || other.get("logs/"+text) != "")
	}
}

// Aborted records are not read, and the offsets go past them and the markers.
func TestTransactions(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster, kgo.TransactionalID("writer"))
	for round := range 4 {
		require.NoError(t, client.BeginTransaction())
		produceText(t, client, fmt.Sprintf("tx-%d-a", round), fmt.Sprintf("tx-%d-b", round))
		require.NoError(t, client.EndTransaction(t.Context(), kgo.TransactionEndTry(round%2 == 0)))
	}
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return es.has("logs") == 4 && lag(t, client) == 0 }, "documents and offsets")
	require.NotEmpty(t, es.get("logs/tx-2-b"))
	require.Empty(t, es.get("logs/tx-1-a"))
	require.EqualValues(t, 4, m.metric(t, "indexer_records_read_total", ""))
	eventually(t, func() bool { return m.metric(t, "indexer_lag_records", "") == 0 }, "lag")
	m.stop(t)
}

// SIGTERM: what is in flight is finished, committed, and the group is left at once.
func TestStopFinishesWhatIsInFlight(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 2), newElastic(t)
	client := newClient(t, cluster)
	es.request = func(http.ResponseWriter, int, []byte) bool { time.Sleep(300 * time.Millisecond); return false }
	produce(t, client, 500)
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return m.metric(t, "indexer_in_flight_bytes", "") > 0 }, "bytes in flight")
	m.stop(t)
	require.EqualValues(t, 500-es.count(), lag(t, client), "all that is kept is committed")
	require.Positive(t, es.count())
	require.EqualValues(t, m.metric(t, "indexer_records_read_total", ""), m.metric(t, "indexer_documents_indexed_total", ""))
	groups, err := kadm.NewClient(client).DescribeGroups(t.Context(), testGroup)
	require.NoError(t, err)
	require.Empty(t, groups[testGroup].Members)
}

// SIGTERM while Elasticsearch hangs: the grace time ends it, and nothing is committed that is not kept.
func TestStopGivesUp(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 2), newElastic(t)
	client := newClient(t, cluster)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	es.request = func(http.ResponseWriter, int, []byte) bool { <-release; return false }
	produce(t, client, 500)
	m := startMember(t, cluster, []string{es.URL}, func(o *Options) { o.Grace = time.Second })
	eventually(t, func() bool { return m.metric(t, "indexer_in_flight_bytes", "") > 0 }, "bytes in flight")
	began := time.Now()
	m.stop(t)
	require.Less(t, time.Since(began), 3*time.Second)
	require.EqualValues(t, 500, lag(t, client))
}

// The group's offset is beyond the end of the topic.
func TestOffsetBeyondTheEnd(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster)
	produce(t, client, 10)
	offsets := kadm.Offsets{}
	offsets.AddOffset(testTopic, 0, 1000, -1)
	require.NoError(t, kadm.NewClient(client).CommitAllOffsets(t.Context(), testGroup, offsets))
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return es.count() == 10 && lag(t, client) == 0 }, "documents")
	require.EqualValues(t, 1, m.metric(t, "indexer_offset_resets_total", testTopic))
	require.Contains(t, m.log.String(), "level=ERROR msg=\"offset out of range")
	m.stop(t)
}

// Retention was faster than the indexer, which was away.
func TestRecordsDeletedBeforeTheyWereRead(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster)
	produce(t, client, 10)
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	m.stop(t)
	require.Zero(t, m.metric(t, "indexer_offset_resets_total", testTopic))
	produce(t, client, 10)
	require.NoError(t, cluster.DeleteRecords(testTopic, 0, 15))
	m = startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return es.count() == 15 && lag(t, client) == 0 }, "documents")
	require.EqualValues(t, 1, m.metric(t, "indexer_offset_resets_total", testTopic))
	m.stop(t)
}

// The topic is deleted and created again while it is read.
func TestTopicRecreated(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 2), newElastic(t)
	client := newClient(t, cluster)
	produce(t, client, 100)
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	require.NoError(t, cluster.DeleteTopic(testTopic))
	require.NoError(t, cluster.CreateTopic(testTopic, 2, nil))
	fresh := newClient(t, cluster)
	produce(t, fresh, 100)
	eventually(t, func() bool { return es.count() == 200 && lag(t, fresh) == 0 }, "documents")
	require.Positive(t, m.metric(t, "indexer_offset_resets_total", testTopic))
	m.stop(t)
}

// A partition moves to another broker, and a broker goes away.
func TestLeaderMoves(t *testing.T) {
	t.Parallel()
	cluster, es := newCluster(t, 3, kfake.NumBrokers(3)), newElastic(t)
	client := newClient(t, cluster)
	m := startMember(t, cluster, []string{es.URL})
	all := []string{}
	for round := range int32(6) {
		all = append(all, produce(t, client, 100)...)
		require.NoError(t, cluster.MoveTopicPartition(testTopic, round%3, (round+1)%3))
	}
	all = append(all, produce(t, client, 100)...)
	eventually(t, func() bool { return lag(t, client) == 0 }, "offsets")
	m.stop(t)
	requireAll(t, es, all) // some twice: kfake forgets a leader's epoch that has written nothing
}

// A lone record waits for nothing.
func TestLoneRecordIsFast(t *testing.T) {
	cluster, es := newCluster(t, 1), newElastic(t)
	client := newClient(t, cluster)
	began := time.Now()
	m := startMember(t, cluster, []string{es.URL})
	eventually(t, func() bool { return m.Ready() == nil }, "ready")
	require.Less(t, time.Since(began), 2*time.Second)
	var slowest atomic.Int64
	for i := range 10 {
		time.Sleep(2 * linger)
		text := fmt.Sprintf("lone-%d", i)
		sent := time.Now()
		produceText(t, client, text)
		eventually(t, func() bool { return es.get("logs/"+text) != "" }, text)
		slowest.Store(max(slowest.Load(), int64(time.Since(sent))))
	}
	t.Log("slowest", time.Duration(slowest.Load()))
	m.stop(t)
}
