package live

import (
	"context"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

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
