package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go"

	"sluice/generators/internal/logs"
)

// batchOverhead is what a request has besides its records and kafka-go does not count, in bytes.
const batchOverhead = 128

// Sender sends records to one topic. It is safe for concurrent use.
type Sender struct {
	writer    *kafka.Writer
	transport *kafka.Transport
	maxBatch  int64
}

func newSender(cfg Config, transport *kafka.Transport, maxBatch int64) (*Sender, error) {
	acks, err := cfg.acks()
	if err != nil {
		return nil, err
	}
	compression, err := cfg.compression()
	if err != nil {
		return nil, err
	}
	return &Sender{
		transport: transport,
		maxBatch:  maxBatch,
		writer: &kafka.Writer{
			Addr:  kafka.TCP(cfg.Brokers...),
			Topic: cfg.Topic,
			// One key, one partition: a service's events keep their order.
			Balancer:     &kafka.Hash{},
			RequiredAcks: acks, // its zero value would wait for no acknowledgement
			Compression:  compression,
			BatchSize:    cfg.BatchSize,
			BatchBytes:   max(1, maxBatch-batchOverhead),
			BatchTimeout: max(cfg.Linger, time.Microsecond), // 0 would stand for a second
			// The caller retries, and counts.
			MaxAttempts: 1,
			Transport:   transport,
		},
	}, nil
}

// Send implements logs.Sender. With acks none, handed to the network counts as acknowledged.
func (s *Sender) Send(ctx context.Context, records []logs.Record) ([]logs.Record, error) {
	messages := make([]kafka.Message, len(records))
	for i, r := range records {
		messages[i] = kafka.Message{Key: r.Key, Value: r.Value}
	}
	err := s.writer.WriteMessages(ctx, messages...)
	left, err := unacknowledged(records, err)
	if errors.Is(err, kafka.MessageSizeTooLarge) {
		err = logs.Permanent(tooLarge(s.writer.Topic, s.maxBatch))
	}
	return left, err
}

// unacknowledged moves the records that err is about to the front, and tells one of their errors.
func unacknowledged(records []logs.Record, err error) ([]logs.Record, error) {
	if err == nil {
		return nil, nil
	}
	var each kafka.WriteErrors
	if !errors.As(err, &each) {
		return records, err
	}
	left := records[:0]
	for i, one := range each {
		if one != nil {
			left = append(left, records[i])
			err = one
		}
	}
	return left, err
}

// Close ends the connections. Nothing may be sent any more.
func (s *Sender) Close() {
	s.transport.CloseIdleConnections()
}
