package kafka

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/generators/internal/logs"
)

// asBroker makes this program a broker that keeps nothing, so that its CPU is not the benchmark's.
const asBroker = "SLUICE_BENCH_BROKER"

func TestMain(m *testing.M) {
	if os.Getenv(asBroker) == "" {
		os.Exit(m.Run())
	}
	c := kfake.MustCluster(kfake.NumBrokers(1), kfake.BlackholeProduce(), kfake.SeedTopics(4, testConfig().Topic))
	fmt.Println(c.ListenAddrs()[0])
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark has ended
}

func brokerProcess(b *testing.B) string {
	b.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asBroker+"=1")
	stdin, err := command.StdinPipe()
	require.NoError(b, err)
	stdout, err := command.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, command.Start())
	b.Cleanup(func() { _ = stdin.Close(); _ = command.Wait() })
	address, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(b, err)
	return strings.TrimSpace(address)
}

// cpu is what this process has used.
func cpu() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkRun makes and sends events as log-generator does at full speed.
func BenchmarkRun(b *testing.B) {
	broker := brokerProcess(b)
	for _, size := range []int{100, 512, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			cfg := testConfig()
			cfg.Brokers, cfg.BatchSize, cfg.Linger, cfg.ConnectTimeout = []string{broker}, 10000, 10*time.Millisecond, 10*time.Second
			sender, err := Open(b.Context(), cfg)
			require.NoError(b, err)
			defer sender.Close()
			events := logs.Config{
				Services:  strings.Split("service-1,service-2,service-3,service-4,service-5,service-6,service-7,service-8", ","),
				EventSize: size, Fields: logs.FieldsAll, Seed: 1, RunID: "run", Host: "host", Workers: 4, Batch: 10000,
			}
			if size < 300 {
				events.Fields = logs.FieldsFew
			}
			events.Levels, err = logs.ParseMix("info=1")
			require.NoError(b, err)
			events.Count = uint64(b.N)
			var stats logs.Stats
			b.SetBytes(int64(size))
			b.ReportAllocs()
			before := cpu()
			b.ResetTimer()
			require.NoError(b, logs.NewRun(events, sender, &stats, time.Now, slog.New(slog.DiscardHandler)).Do(b.Context()))
			b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
			require.Equal(b, uint64(b.N), stats.Acknowledged.Load())
		})
	}
}

// BenchmarkFranz is the same records sent again and again, by franz-go with its own settings.
func BenchmarkFranz(b *testing.B) {
	broker := brokerProcess(b)
	for _, size := range []int{100, 512, 1024} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var events [][]byte
			cfg := logs.Config{
				Services: []string{"a"}, EventSize: size, Fields: logs.FieldsAll, Seed: 1, RunID: "run", Host: "host", Workers: 4, Batch: 10000,
			}
			if size < 300 {
				cfg.Fields = logs.FieldsFew
			}
			cfg.Levels, _ = logs.ParseMix("info=1")
			g := logs.NewGenerator(cfg, time.Now())
			for i := range 20000 {
				event, _ := g.Append(nil, uint64(i), time.Now())
				events = append(events, event)
			}
			client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.DefaultProduceTopic(testConfig().Topic))
			require.NoError(b, err)
			defer client.Close()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			before := cpu()
			b.ResetTimer()
			for i := range b.N {
				client.Produce(context.Background(), &kgo.Record{Value: events[i%len(events)]}, func(_ *kgo.Record, err error) {
					if err != nil {
						panic(err)
					}
				})
			}
			require.NoError(b, client.Flush(context.Background()))
			b.ReportMetric(float64(cpu()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}
