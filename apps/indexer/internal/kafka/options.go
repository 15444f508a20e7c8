// Package kafka connects the indexer to Kafka.
package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"sluice/apps/indexer/internal/config"
	"sluice/apps/indexer/internal/credentials"
	"sluice/internal/cli"
)

const dialTimeout = 5 * time.Second

// Options returns how to connect, after a look at the files that this needs.
func Options(c config.Kafka, version string) ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID("indexer"),
		kgo.SoftwareNameAndVersion("sluice-indexer", version),
		kgo.DialTimeout(dialTimeout),
		kgo.DisableClientMetrics(), // the broker's operator reads /metrics
	}
	if c.TLS.Enabled {
		if _, err := credentials.TLS(c.TLS.CAFile); err != nil {
			return nil, cli.Misusef("kafka.tls.caFile: %w: set it to a PEM file of the authority that signs the brokers", err)
		}
		opts = append(opts, kgo.Dialer(credentials.Dialer{CAFile: c.TLS.CAFile, Timeout: dialTimeout}.DialContext))
	}
	if c.SASL != (config.SASL{}) {
		if _, err := credentials.Secret(c.SASL.PasswordFile); err != nil {
			return nil, cli.Misusef("kafka.sasl.passwordFile: %w: set it to a file that holds the password of %s", err, c.SASL.User)
		}
		opts = append(opts, kgo.SASL(mechanism(c.SASL)))
	}
	return opts, nil
}

// mechanism reads the password for each login.
func mechanism(s config.SASL) sasl.Mechanism {
	auth := func(context.Context) (scram.Auth, error) {
		password, err := credentials.Secret(s.PasswordFile)
		return scram.Auth{User: s.User, Pass: password}, err
	}
	switch s.Mechanism {
	case config.ScramSHA256:
		return scram.Sha256(auth)
	case config.ScramSHA512:
		return scram.Sha512(auth)
	default:
		return plain.Plain(func(ctx context.Context) (plain.Auth, error) {
			a, err := auth(ctx)
			return plain.Auth{User: a.User, Pass: a.Pass}, err
		})
	}
}
