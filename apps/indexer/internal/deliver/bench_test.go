package deliver

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/apps/indexer/internal/normalise"
	contract "sluice/charts/sluice/charts/lib"
)

func cpu() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkDeliver is the whole path with the real normaliser: b.N events of 512 bytes from kfake to a server that only answers.
// The CPU is that of the process, so kfake's and the server's is in it.
func BenchmarkDeliver(b *testing.B) {
	cluster := newCluster(b, 4)
	es := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write([]byte(`{"errors":false,"items":[]}`))
	}))
	b.Cleanup(es.Close)
	client := newClient(b, cluster, kgo.ProducerBatchCompression(kgo.SnappyCompression()), kgo.MaxBufferedRecords(50_000))
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	for i := range b.N {
		event := fmt.Sprintf(`{"@timestamp":"%s","event":{"id":"%032d"},"log":{"level":"info"},"service":{"name":"checkout"},"host":{"name":"web-%d"},"labels":{"zone":"a"},"message":"`, now, i, i%7)
		event += strings.Repeat("lorem ipsum ", 60)[:512-len(event)-2] + `"}`
		client.Produce(b.Context(), kgo.StringRecord(event), nil)
	}
	if err := client.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	rules, err := contract.Read()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	began := cpu()
	m := startMember(b, cluster, []string{es.URL}, func(o *Options) {
		o.Config.Elasticsearch.BulkBytes = 1 << 20
		o.Log = slog.New(slog.DiscardHandler)
		o.Normaliser = func() (Normaliser, error) {
			return normalise.New(normalise.Options{Contract: rules, RetentionDays: 3, DeadLetterIndex: "dead", Now: time.Now})
		}
	})
	for m.metric(b, "indexer_documents_indexed_total", "") < float64(b.N) {
		time.Sleep(5 * time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/(cpu()-began).Seconds(), "events/CPU-s")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	m.stop(b)
}
