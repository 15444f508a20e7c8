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

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

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
	var reason error // of the last attempt that did not just run out of time
	for {
		sender, err := connect(limited, cfg)
		if err == nil {
			return sender, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if cli.ExitCode(err) == cli.ExitMisuse {
			return nil, err // a file
		}
		if reason == nil || !ranOutOfTime(err) {
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

func ranOutOfTime(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// connect looks for the topic once.
func connect(ctx context.Context, cfg Config) (*Sender, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	// The largest batch has to be known before there is a client that sends.
	maxBatch, err := largestBatch(ctx, cfg)
	if err != nil {
		return nil, err
	}
	sender, err := newSender(cfg, maxBatch)
	if err != nil {
		return nil, err
	}
	if cfg.idempotent() {
		// A client whose producer id was refused once refuses every record.
		if _, _, err := sender.client.ProducerID(ctx); err != nil {
			sender.Close()
			return nil, err
		}
	}
	return sender, nil
}

// largestBatch asks for the topic and tells the largest batch in bytes that it takes.
func largestBatch(ctx context.Context, cfg Config) (int64, error) {
	options, err := cfg.Options("log-generator", attemptTime)
	if err != nil {
		return 0, err
	}
	// An error is wanted at once, and not after the client's own retries.
	client, err := kgo.NewClient(append(options, kgo.RequestRetries(0))...)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	topics, err := admin.ListTopicsWithInternal(ctx, cfg.Topic)
	if err == nil {
		err = topics[cfg.Topic].Err
	}
	if err != nil {
		return 0, err
	}
	described, err := admin.DescribeTopicConfigs(ctx, cfg.Topic)
	if errors.As(err, new(*kadm.AuthError)) {
		return defaultMaxBatch, nil // who may write need not be allowed to describe
	}
	if err != nil {
		return 0, err
	}
	for _, resource := range described {
		for _, entry := range resource.Configs {
			if entry.Key == "max.message.bytes" {
				return strconv.ParseInt(entry.MaybeValue(), 10, 64)
			}
		}
	}
	return defaultMaxBatch, nil
}

// hopeless tells errors that waiting does not mend. Users and grants, like topics, may be made a moment after the
// broker has started.
func hopeless(err error) bool {
	return isCertificate(err) || isOtherLogin(err) || errors.As(err, new(tls.RecordHeaderError))
}

func isCertificate(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(x509.HostnameError)) || isAlert(err)
}

// isAlert tells the broker's word on our certificate.
func isAlert(err error) bool {
	var op *net.OpError
	for errors.As(err, &op) { // the alert may be in an error of dialing
		if op.Op == "remote error" && strings.HasPrefix(op.Err.Error(), "tls:") {
			return true
		}
		err = op.Err
	}
	return false
}

// isOtherLogin tells that the broker knows no login of this kind.
func isOtherLogin(err error) bool {
	return errors.Is(err, kerr.UnsupportedSaslMechanism) || errors.Is(err, kerr.IllegalSaslState) // it asks for none
}

// explain says what to set so that err does not come back.
func explain(cfg Config, err error) error {
	brokers := strings.Join(cfg.Brokers, ",")
	switch {
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return cli.Misusef("topic %q does not exist on %s: create it, or set --topic", cfg.Topic, brokers)
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return cli.Misusef("may not write to topic %q on %s: grant it to the user, or set --topic or --username", cfg.Topic, brokers)
	case isCertificate(err):
		return cli.Misusef("no trusted connection to %s: %w: set --tls-ca, --tls-cert and --tls-key", brokers, err)
	case errors.As(err, new(tls.RecordHeaderError)):
		return cli.Misusef("%s does not speak TLS: leave out --tls, or set --brokers to its TLS port", brokers)
	case errors.Is(err, kerr.SaslAuthenticationFailed), isOtherLogin(err):
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
