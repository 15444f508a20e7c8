// Command bulk is the program that one writes of two libraries in an hour: franz-go reads, encoding/json finds the id and
// the day, and the bulk indexer of go-elasticsearch sends the event as it came.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"log"
	"os/signal"
	"syscall"
	"time"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/elastic/go-elasticsearch/v8/esutil"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	brokers := flag.String("brokers", "", "host:port to find the cluster by")
	topic := flag.String("topic", "", "topic to read")
	group := flag.String("group", "", "consumer group")
	url := flag.String("elasticsearch", "", "URL of Elasticsearch")
	index := flag.String("index", "", "index without the day")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *brokers, *topic, *group, *url, *index); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, brokers, topic, group, url, index string) error {
	elastic, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{url}})
	if err != nil {
		return err
	}
	bulk, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{
		Client: elastic, NumWorkers: 2, FlushBytes: 1 << 20, FlushInterval: 200 * time.Millisecond,
		OnError: func(_ context.Context, err error) { log.Print(err) },
	})
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers), kgo.ConsumeTopics(topic), kgo.ConsumerGroup(group),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer client.Close()
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		var refused error
		fetches.EachRecord(func(r *kgo.Record) {
			if err := add(bulk, r.Value, index); err != nil && refused == nil {
				refused = err
			}
		})
		if refused != nil {
			return refused
		}
	}
	return bulk.Close(context.WithoutCancel(ctx))
}

func add(bulk esutil.BulkIndexer, record []byte, index string) error {
	var event struct {
		Timestamp time.Time `json:"@timestamp"`
		Event     struct {
			ID string `json:"id"`
		} `json:"event"`
	}
	if err := json.Unmarshal(record, &event); err != nil {
		return err
	}
	return bulk.Add(context.Background(), esutil.BulkIndexerItem{
		Action: "create", Index: index + event.Timestamp.UTC().Format("-2006.01.02"), DocumentID: event.Event.ID, Body: bytes.NewReader(record),
		OnFailure: func(_ context.Context, _ esutil.BulkIndexerItem, answer esutil.BulkIndexerResponseItem, err error) {
			log.Print(answer.Error.Reason, err)
		},
	})
}
