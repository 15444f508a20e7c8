package access

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"

	connection "sluice/generators/internal/kafka"
)

// attemptTime is how long Kafka has for an answer.
const attemptTime = 10 * time.Second

// Client is the part of *kafka.Client that users and ACLs need.
type Client interface {
	Metadata(context.Context, *kafka.MetadataRequest) (*kafka.MetadataResponse, error)
	DescribeUserScramCredentials(context.Context, *kafka.DescribeUserScramCredentialsRequest) (*kafka.DescribeUserScramCredentialsResponse, error)
	AlterUserScramCredentials(context.Context, *kafka.AlterUserScramCredentialsRequest) (*kafka.AlterUserScramCredentialsResponse, error)
	DescribeACLs(context.Context, *kafka.DescribeACLsRequest) (*kafka.DescribeACLsResponse, error)
	CreateACLs(context.Context, *kafka.CreateACLsRequest) (*kafka.CreateACLsResponse, error)
	DeleteACLs(context.Context, *kafka.DeleteACLsRequest) (*kafka.DeleteACLsResponse, error)
	Close()
}

// Connect returns a client of the cluster. It reads the certificate files, and connects when it is first used.
func Connect(c connection.Connection) (Client, error) {
	transport, err := c.Transport("kafka-users", attemptTime)
	if err != nil {
		return nil, err
	}
	return client{&kafka.Client{Addr: kafka.TCP(c.Brokers...), Timeout: attemptTime, Transport: transport}, transport}, nil
}

type client struct {
	*kafka.Client
	transport *kafka.Transport
}

func (c client) Close() { c.transport.CloseIdleConnections() }
