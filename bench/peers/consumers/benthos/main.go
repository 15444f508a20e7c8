// Command benthos is the engine of Redpanda Connect and Bento, with its own components. Those for Kafka can't be had as
// an open module: its input here is franz-go, which Redpanda Connect's own is made of, too.
package main

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
)

func main() {
	spec := service.NewConfigSpec().Summary("Reads one topic in a consumer group.").
		Field(service.NewStringField("brokers")).Field(service.NewStringField("topic")).Field(service.NewStringField("group"))
	if err := service.RegisterBatchInput("kafka", spec, newInput); err != nil {
		panic(err)
	}
	service.RunCLI(context.Background())
}

func newInput(config *service.ParsedConfig, _ *service.Resources) (service.BatchInput, error) {
	var values [3]string
	for i, field := range []string{"brokers", "topic", "group"} {
		var err error
		if values[i], err = config.FieldString(field); err != nil {
			return nil, err
		}
	}
	return service.AutoRetryNacksBatched(&input{options: []kgo.Opt{
		kgo.SeedBrokers(values[0]), kgo.ConsumeTopics(values[1]), kgo.ConsumerGroup(values[2]),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.AutoCommitMarks(),
	}}), nil
}

// input hands over what franz-go has fetched, and marks it to be committed when it is acknowledged.
type input struct {
	options []kgo.Opt
	client  *kgo.Client
}

// atATime is how many records one batch holds at most: as many as make a bulk request of 1 MiB.
const atATime = 2000

func (i *input) Connect(context.Context) (err error) {
	i.client, err = kgo.NewClient(i.options...)
	return err
}

func (i *input) ReadBatch(ctx context.Context) (service.MessageBatch, service.AckFunc, error) {
	fetches := i.client.PollRecords(ctx, atATime)
	if err := fetches.Err0(); err != nil {
		return nil, nil, err
	}
	records := fetches.Records()
	batch := make(service.MessageBatch, 0, len(records))
	for _, record := range records {
		batch = append(batch, service.NewMessage(record.Value))
	}
	return batch, func(_ context.Context, err error) error {
		if err == nil {
			i.client.MarkCommitRecords(records...)
		}
		return nil
	}, nil
}

func (i *input) Close(ctx context.Context) error {
	if i.client == nil {
		return nil
	}
	defer i.client.Close()
	return i.client.CommitMarkedOffsets(ctx)
}
