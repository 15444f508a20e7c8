package deliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/apps/indexer/internal/config"
	"sluice/apps/indexer/internal/elastic"
	"sluice/apps/indexer/internal/normalise"
)

const (
	testTopic = "logs"
	testGroup = "sluice-indexer"
)

// plainNormaliser takes a record's text as its _id. An empty one is a dead letter.
type plainNormaliser struct{}

func (plainNormaliser) Append(dst, record []byte, s normalise.Source) ([]byte, normalise.Result) {
	if len(record) == 0 {
		return fmt.Appendf(dst, "{\"create\":{\"_index\":\"dead\",\"_id\":\"%s-%d-%d\"}}\n{\"reason\":\"empty\"}\n", s.Topic, s.Partition, s.Offset), normalise.Result{Dead: "empty"}
	}
	id, _, _ := strings.Cut(string(record), " ")
	dst = append(dst, `{"create":{"_index":"`+s.Index+`","_id":"`...)
	dst = append(dst, id...)
	dst = append(dst, "\"}}\n{\"text\":\""...)
	dst = append(dst, record...)
	return append(dst, "\"}\n"...), normalise.Result{Time: s.Time}
}

func (plainNormaliser) AppendDeadLetter(dst, record []byte, s normalise.Source, reason string) []byte {
	id, _, _ := strings.Cut(string(record), " ")
	return fmt.Appendf(dst, "{\"create\":{\"_index\":\"dead\",\"_id\":%q}}\n{\"reason\":%q,\"bytes\":%d,\"offset\":%d}\n", id, reason, len(record), s.Offset)
}

func (p plainNormaliser) AppendCutDeadLetter(dst, record []byte, kept int, s normalise.Source, reason string) []byte {
	return p.AppendDeadLetter(dst, record[:kept], s, reason)
}

// network is a member's way to Kafka. Cut is what a kill -9 is to the others: nothing more is sent, not even a farewell.
type network struct {
	mu    sync.Mutex
	conns []net.Conn
	cut   bool
}

func (n *network) dial(ctx context.Context, protocol, addr string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		return nil, errors.New("the network is cut")
	}
	conn, err := new(net.Dialer).DialContext(ctx, protocol, addr)
	if err == nil {
		n.conns = append(n.conns, conn)
	}
	return conn, err
}

func (n *network) kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = true
	for _, conn := range n.conns {
		conn.Close()
	}
}

// member is an indexer that runs.
type member struct {
	*Pipeline
	registry *prometheus.Registry
	network  network
	cancel   context.CancelFunc
	done     chan struct{}
	err      error
	log      lockedBuffer
}

type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

type tweak func(*Options)

func startMember(t testing.TB, cluster *kfake.Cluster, urls []string, tweaks ...tweak) *member {
	t.Helper()
	m := &member{registry: prometheus.NewRegistry(), done: make(chan struct{})}
	c := config.Config{
		Kafka:         config.Kafka{Group: testGroup, Topics: map[string]config.Topic{testTopic: {Index: "logs"}}},
		Elasticsearch: config.Elasticsearch{URLs: urls, BulkBytes: 64 << 10, Requests: 2},
	}
	o := Options{
		Config:     c,
		Kafka:      []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.Dialer(m.network.dial), kgo.MetadataMinAge(100 * time.Millisecond)},
		Normaliser: func() (Normaliser, error) { return plainNormaliser{}, nil },
		Registry:   m.registry,
		Log:        slog.New(slog.NewTextHandler(io.MultiWriter(&m.log, testLog{t}), nil)),
		Grace:      5 * time.Second,
	}
	for _, tweak := range tweaks {
		tweak(&o)
	}
	var err error
	o.Elastic, err = elastic.New(o.Config.Elasticsearch, "test")
	require.NoError(t, err)
	m.Pipeline = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	go func() {
		defer close(m.done)
		m.err = m.Run(ctx)
	}()
	t.Cleanup(func() { m.stop(t) })
	return m
}

// testLog shows the log of a test that fails.
type testLog struct{ t testing.TB }

func (l testLog) Write(p []byte) (int, error) {
	defer func() { _ = recover() }() // the test may be over
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// stop is SIGTERM.
func (m *member) stop(t testing.TB) {
	m.cancel()
	select {
	case <-m.done:
		require.NoError(t, m.err)
	case <-time.After(30 * time.Second):
		t.Fatal("the member does not end")
	}
}

// kill is kill -9.
func (m *member) kill(t testing.TB) {
	m.network.kill()
	m.options.Grace = time.Nanosecond
	m.stop(t)
}

// metric sums up all series of a metric that have the label's value, if there is one.
func (m *member) metric(t testing.TB, name, value string) float64 {
	t.Helper()
	families, err := m.registry.Gather()
	require.NoError(t, err)
	sum := 0.0
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, series := range family.Metric {
			if value == "" || hasLabel(series, value) {
				sum += series.GetCounter().GetValue() + series.GetGauge().GetValue() + float64(series.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

func hasLabel(series *dto.Metric, value string) bool {
	for _, label := range series.Label {
		if label.GetValue() == value {
			return true
		}
	}
	return false
}

func newCluster(t testing.TB, partitions int32, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(partitions, testTopic), kfake.GroupMinSessionTimeout(100 * time.Millisecond)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	return cluster
}

func newClient(t testing.TB, cluster *kfake.Cluster, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DefaultProduceTopic(testTopic),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner())}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

var made atomic.Int64

// produce writes n records whose texts are all different, and returns their texts.
func produce(t testing.TB, client *kgo.Client, n int) []string {
	t.Helper()
	texts := make([]string, n)
	records := make([]*kgo.Record, n)
	for i := range records {
		texts[i] = fmt.Sprintf("id-%07d", made.Add(1))
		records[i] = kgo.StringRecord(texts[i])
	}
	require.NoError(t, client.ProduceSync(t.Context(), records...).FirstErr())
	return texts
}

func produceText(t testing.TB, client *kgo.Client, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.NoError(t, client.ProduceSync(t.Context(), kgo.StringRecord(text)).FirstErr())
	}
}

// lag is how many records the group has not committed, control records too.
func lag(t testing.TB, client *kgo.Client) int64 {
	t.Helper()
	admin := kadm.NewClient(client)
	commits, err := admin.FetchOffsets(t.Context(), testGroup)
	if !errors.Is(err, kerr.GroupIDNotFound) {
		require.NoError(t, err)
	}
	ends, err := admin.ListEndOffsets(t.Context(), testTopic)
	require.NoError(t, err)
	sum := int64(0)
	ends.Each(func(end kadm.ListedOffset) {
		at := int64(0)
		if commit, found := commits.Lookup(end.Topic, end.Partition); found && commit.At > 0 {
			at = commit.At
		}
		sum += end.Offset - at
	})
	return sum
}

func eventually(t testing.TB, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 10*time.Millisecond, what)
}
