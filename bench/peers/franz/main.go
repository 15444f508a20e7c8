// Command franz sends events with franz-go: with its own settings, or with --tuned for batches as large as a broker takes.
package main

import (
	"context"
	"flag"
	"log"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/bench/peers/payload"
)

func main() {
	tuned := flag.Bool("tuned", false, "wait 50 ms for larger batches, and hold more of them")
	job := payload.Parse()
	options := []kgo.Opt{
		kgo.SeedBrokers(job.Brokers),
		kgo.DefaultProduceTopic(job.Topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(compression(job.Compression)),
	}
	if *tuned {
		options = append(options, kgo.ProducerLinger(50*time.Millisecond), kgo.MaxBufferedRecords(100_000))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	var failed sync.Once
	promise := func(_ *kgo.Record, err error) {
		if err != nil {
			failed.Do(func() { log.Fatal(err) })
		}
	}
	for i := range job.Count {
		client.Produce(context.Background(), &kgo.Record{Value: job.Events[i%len(job.Events)]}, promise)
	}
	if err := client.Flush(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func compression(name string) kgo.CompressionCodec {
	if name == "snappy" {
		return kgo.SnappyCompression()
	}
	return kgo.NoCompression()
}
