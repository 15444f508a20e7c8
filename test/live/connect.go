package live

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/internal/verify"
)

// Access leads into the release's components, as one who may do everything.
func (r Release) Access(t *testing.T) *verify.Access {
	t.Helper()
	access, err := verify.NewAdminAccess(t.Context(), r.Client, r.Helm())
	require.NoError(t, err)
	return access
}

// Kafka reaches the brokers, and soon knows what has changed among them.
func (r Release) Kafka(t *testing.T) *kafka.Client {
	t.Helper()
	access := r.Access(t)
	transport := access.Kafka()
	transport.DialTimeout, transport.MetadataTTL = 20*time.Second, time.Second
	return &kafka.Client{Addr: kafka.TCP(access.Brokers()), Timeout: 30 * time.Second, Transport: transport}
}

// KafkaOptions are how a client of franz-go reaches the brokers. The administrator logs in by a certificate.
func (r Release) KafkaOptions(t *testing.T) []kgo.Opt {
	t.Helper()
	access := r.Access(t)
	transport := access.Kafka()
	return []kgo.Opt{kgo.SeedBrokers(access.Brokers()), kgo.Dialer(func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := transport.Dial(ctx, network, address)
		if err != nil || transport.TLS == nil {
			return connection, err
		}
		encrypted := tls.Client(connection, transport.TLS)
		return encrypted, encrypted.HandshakeContext(ctx)
	})}
}

// Rewind sets the consumer group, which must have no members, to offsets of partitions of the topic.
func Rewind(ctx context.Context, client *kafka.Client, topic, group string, offsets map[int]int64) error {
	var commits []kafka.OffsetCommit
	for partition, offset := range offsets {
		commits = append(commits, kafka.OffsetCommit{Partition: partition, Offset: offset})
	}
	answer, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: commits},
	})
	if err != nil {
		return err
	}
	for _, partition := range answer.Topics[topic] {
		if partition.Error != nil {
			return partition.Error
		}
	}
	return nil
}

// Lag is how many records before ends the consumer group has not committed, of each partition of the topic that has any.
func Lag(ctx context.Context, client *kafka.Client, topic, group string, ends map[int]int64) (map[int]int64, error) {
	committed, err := verify.Committed(ctx, client, topic, group, ends)
	if err != nil {
		return nil, err
	}
	lag := map[int]int64{}
	for partition, end := range ends {
		if n := end - committed[partition]; n > 0 {
			lag[partition] = n
		}
	}
	return lag, nil
}
