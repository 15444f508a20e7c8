// Command franz sends events with franz-go and its own settings. log-generator sends with it, too: beside this peer it shows
// what it takes to make each event, and to hold less.
package main

import (
	"context"
	"log"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/bench/peers/payload"
)

func main() {
	job := payload.Parse()
	client, err := kgo.NewClient(
		kgo.SeedBrokers(job.Brokers),
		kgo.DefaultProduceTopic(job.Topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(compression(job.Compression)),
	)
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
