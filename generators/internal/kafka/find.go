package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"sluice/internal/cli"
)

const (
	attemptTime = 5 * time.Second
	retryPause  = 250 * time.Millisecond
	// defaultMaxBatch is the broker's own default of message.max.bytes, in bytes.
	defaultMaxBatch = 1<<20 + 12
)

// Open reads the certificate files and looks for the topic until ConnectTimeout, then returns a
// sender to it. What it can't find or get in to is an error that says what to set; when ctx ends
// it returns ctx.Err().
func Open(ctx context.Context, cfg Config) (*Sender, error) {
	limited, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
	defer cancel()
	var reason error // of the last attempt that the end of the time did not cut short
	for {
		// Each attempt has a transport of its own: one remembers a failure for seconds.
		transport, err := cfg.Transport("log-generator", attemptTime)
		if err != nil {
			return nil, err
		}
		transport.MetadataTopics = []string{cfg.Topic}
		maxBatch, err := find(limited, transport, cfg)
		if err == nil {
			return newSender(cfg, transport, maxBatch)
		}
		transport.CloseIdleConnections()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if limited.Err() == nil || reason == nil {
			reason = err
		}
		if hopeless(err) || !pause(limited) {
			return nil, explain(cfg, reason)
		}
	}
}

// pause waits a moment; false if ctx ended.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(retryPause):
		return true
	case <-ctx.Done():
		return false
	}
}

// find looks for the topic once and tells the largest batch in bytes that it takes.
func find(ctx context.Context, transport *kafka.Transport, cfg Config) (maxBatch int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	client := &kafka.Client{Addr: kafka.TCP(cfg.Brokers...), Transport: transport}
	meta, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{cfg.Topic}})
	if err != nil {
		return 0, err
	}
	if err := meta.Topics[0].Error; err != nil {
		return 0, err
	}
	described, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{
		Resources: []kafka.DescribeConfigRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: cfg.Topic, ConfigNames: []string{"max.message.bytes"},
		}},
	})
	if err != nil {
		return 0, err
	}
	for _, resource := range described.Resources {
		for _, entry := range resource.ConfigEntries {
			return strconv.ParseInt(entry.ConfigValue, 10, 64)
		}
	}
	return defaultMaxBatch, nil // who may write need not be allowed to describe
}

// hopeless tells errors that waiting does not mend. Users and grants, like topics, may be made a moment after the
// broker has started.
func hopeless(err error) bool {
	return isCertificate(err) || isOtherLogin(err) || errors.As(err, new(tls.RecordHeaderError))
}

func isCertificate(err error) bool {
	var remote *net.OpError
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.HostnameError)) ||
		// the broker's word on ours
		errors.As(err, &remote) && remote.Op == "remote error" && strings.HasPrefix(remote.Err.Error(), "tls:")
}

// isOtherLogin tells that the broker knows no login of this kind.
func isOtherLogin(err error) bool {
	return errors.Is(err, kafka.UnsupportedSASLMechanism) || errors.Is(err, kafka.IllegalSASLState) // it asks for none
}

// explain says what to set so that err does not come back.
func explain(cfg Config, err error) error {
	brokers := strings.Join(cfg.Brokers, ",")
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition):
		return cli.Misusef("topic %q does not exist on %s: create it, or set --topic", cfg.Topic, brokers)
	case errors.Is(err, kafka.TopicAuthorizationFailed):
		return cli.Misusef("may not write to topic %q on %s: grant it to the user, or set --topic or --username", cfg.Topic, brokers)
	case isCertificate(err):
		return cli.Misusef("no trusted connection to %s: %w: set --tls-ca, --tls-cert and --tls-key", brokers, err)
	case errors.As(err, new(tls.RecordHeaderError)):
		return cli.Misusef("%s does not speak TLS: leave out --tls, or set --brokers to its TLS port", brokers)
	case errors.Is(err, kafka.SASLAuthenticationFailed), isOtherLogin(err):
		return cli.Misusef("%s refuses the login: %w: set --sasl, --username and the password", brokers, err)
	default:
		return cli.Misusef("no broker at %s within %v: %w: set --brokers, or --tls or --sasl if it asks for them",
			brokers, cfg.ConnectTimeout, err)
	}
}

// tooLarge says what to set after the broker refused a record for its size.
func tooLarge(topic string, maxBatch int64) error {
	return cli.Misusef("a record is larger than topic %q takes: lower --size, or raise the topic's max.message.bytes (%d)", topic, maxBatch)
}
