// Command kafkago sends events with kafka-go's Writer as it comes: one WriteMessages call for each chunk of events.
package main

import (
	"context"
	"log"

	"github.com/segmentio/kafka-go"

	"sluice/bench/peers/payload"
)

// chunk is how many events are handed over at a time: as many as fill batches of 100, the Writer's default, in each of four
// partitions. A call that leaves one unfilled waits for a second.
const chunk = 2000

func main() {
	job := payload.Parse()
	writer := &kafka.Writer{
		Addr:         kafka.TCP(job.Brokers),
		Topic:        job.Topic,
		RequiredAcks: kafka.RequireAll,
		Compression:  compression(job.Compression),
	}
	messages := make([]kafka.Message, 0, chunk)
	for sent := 0; sent < job.Count; sent += len(messages) {
		messages = messages[:0]
		for i := range min(chunk, job.Count-sent) {
			messages = append(messages, kafka.Message{Value: job.Events[(sent+i)%len(job.Events)]})
		}
		if err := writer.WriteMessages(context.Background(), messages...); err != nil {
			log.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		log.Fatal(err)
	}
}

func compression(name string) kafka.Compression {
	if name == "snappy" {
		return kafka.Snappy
	}
	return 0
}
