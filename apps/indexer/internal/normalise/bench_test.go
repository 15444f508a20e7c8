package normalise_test

import (
	"syscall"
	"testing"
	"time"

	"sluice/apps/indexer/internal/normalise"
)

// Records as they come: log-generator's event of 512 bytes, and what other loggers write.
var records = map[string]string{
	"generator": `{"@timestamp":"2026-11-30T22:40:00.123Z","event":{"id":"0190a2b4-1c1e-7d3a-9b7e-0123456789ab","sequence":123456,"duration":1500000},"log":{"level":"info"},"service":{"name":"checkout"},"host":{"name":"log-generator-6c5f7d9b8-abcde"},"message":"order 4711 of customer 42 was placed in 12 ms with 3 items padpadpadpadpadpadpadpadpadpad","trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"},"labels":{"run_id":"bench-1796063197"},"http":{"request":{"method":"POST"},"response":{"status_code":200}},"url":{"path":"/api/orders/4711/pl"}}`,
	"ecs":       `{"@timestamp":"2026-11-30T18:26:37.123456Z","log.level":"INFO","message":"ecs","ecs.version":"1.2.0","service.name":"svc","event.dataset":"svc.log","process.thread.name":"main","log.logger":"com.example.X","labels":{"a.b":"c"},"event.id":"4bf92f3577b34da6a3ce929d0e0e4736"}`,
	"zap":       `{"level":"info","ts":1796063197.1234567,"caller":"cmd/main.go:12","msg":"request done","method":"GET","status":200,"elapsed":0.0123,"user":{"name":"a","roles":["b","c"]}}`,
	"pretty":    "{\n  \"@timestamp\": \"2026-11-30T18:26:37.123Z\",\n  \"message\": \"a\",\n  \"level\": \"warn\"\n}\n",
	"text":      `127.0.0.1 - - [30/Nov/2026:18:26:37 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5.0"`,
}

func BenchmarkAppend(b *testing.B) {
	for _, name := range []string{"generator", "ecs", "zap", "pretty", "text"} {
		b.Run(name, func(b *testing.B) {
			now := time.Date(2026, 11, 30, 22, 41, 0, 0, time.UTC)
			n := normaliser(b, func() time.Time { return now })
			record := []byte(records[name])
			source := normalise.Source{Topic: "logs", Time: now, Index: "logs-index"}
			var request []byte
			before := cpu(b)
			b.SetBytes(int64(len(record)))
			b.ReportAllocs()
			for b.Loop() {
				request, _ = n.Append(request[:0], record, source)
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpu is the time that this process has used, which a busy machine stretches less than the clock's.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
