// Package start waits for what the indexer needs: Kafka with its topics, and Elasticsearch with its index template.
package start

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/apps/indexer/internal/config"
	"sluice/apps/indexer/internal/elastic"
	"sluice/internal/cli"
)

// Wait asks until all is there.
type Wait struct {
	Config  config.Config
	Kafka   []kgo.Opt
	Elastic *elastic.Client
	Log     *slog.Logger

	missing atomic.Pointer[error]
}

const (
	askInterval = 500 * time.Millisecond
	askTimeout  = 5 * time.Second
	logInterval = 10 * time.Second
)

// Missing tells what is waited for; nil means nothing, or not yet known.
func (w *Wait) Missing() error {
	if err := w.missing.Load(); err != nil {
		return *err
	}
	return nil
}

// Run returns when all is there, or after startTimeout with an error that says what to set.
func (w *Wait) Run(ctx context.Context) error {
	limit := time.Duration(w.Config.StartTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("startTimeout"))
	defer cancel()
	// Without retries the reason comes at once, and Run asks again anyhow.
	client, err := kgo.NewClient(append(slices.Clip(w.Kafka), kgo.RequestRetries(0), kgo.RetryTimeout(askTimeout))...)
	if err != nil {
		return cli.Misusef("kafka: %w", err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)

	logged := time.Now().Add(askTimeout - logInterval)
	for {
		// Each of them has its own time, so that one that hangs does not use up the other's.
		missing := w.kafka(ctx, admin)
		if missing == nil {
			missing = w.elasticsearch(ctx)
		}
		if missing == nil {
			w.missing.Store(nil)
			return nil
		}
		if ctx.Err() == nil {
			w.missing.Store(&missing)
		}
		if time.Since(logged) >= logInterval && ctx.Err() == nil {
			w.Log.Info("waiting", "for", missing.Error())
			logged = time.Now()
		}
		select {
		case <-time.After(askInterval):
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil
			}
			if last := w.Missing(); last != nil {
				missing = last
			}
			return cli.Misusef("not all was there within %v (startTimeout): %w", limit, missing)
		}
	}
}

// kafka tells what is missing of the topics and the group.
func (w *Wait) kafka(ctx context.Context, admin *kadm.Client) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	c := w.Config.Kafka
	names := slices.Sorted(maps.Keys(c.Topics))
	topics, err := admin.ListTopics(ctx, names...)
	if errors.Is(err, kerr.TopicAuthorizationFailed) {
		return w.right(names)
	}
	if err != nil {
		return w.connection(err)
	}
	for _, name := range names {
		switch topic := topics[name]; {
		case errors.Is(topic.Err, kerr.TopicAuthorizationFailed):
			return w.right([]string{name})
		case topic.Err != nil || len(topic.Partitions) == 0:
			return fmt.Errorf("kafka.topics: there is no topic %q: create it or correct its name (%w)", name, why(topic.Err))
		}
	}
	_, err = admin.FetchOffsets(ctx, c.Group)
	switch {
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return fmt.Errorf("kafka.group: the user %q may not use the group %q: give it the right, or set kafka.group to one that it may use", c.SASL.User, c.Group)
	case errors.Is(err, kerr.GroupIDNotFound): // nobody has used it yet
	case err != nil:
		return fmt.Errorf("kafka.group: Kafka does not tell the offsets of %q: %w", c.Group, err)
	}
	return nil
}

func (w *Wait) right(topics []string) error {
	return fmt.Errorf("kafka.topics: the user %q may not read %q: give it the right, or set kafka.sasl.user to one that has it",
		w.Config.Kafka.SASL.User, topics)
}

// why names the case of a topic without any partition.
func why(err error) error {
	if err == nil {
		return errors.New("it has no partitions")
	}
	return err
}

// connection names the key that a failed connection depends on.
func (w *Wait) connection(err error) error {
	c := w.Config.Kafka
	brokers := strings.Join(c.Brokers, ", ")
	var eof *kgo.ErrFirstReadEOF
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.IllegalSaslState), errors.Is(err, kerr.UnsupportedSaslMechanism):
		return fmt.Errorf("kafka.sasl: %s refuses the user %q with %s: set kafka.sasl.user, passwordFile and mechanism to what the brokers know (%w)",
			brokers, c.SASL.User, c.SASL.Mechanism, err)
	case errors.Is(err, io.EOF) && c.SASL.User != "":
		return fmt.Errorf("kafka.sasl: %s closes the connection at the login of %q with %s: set kafka.sasl and kafka.tls to what the listener expects (%w)",
			brokers, c.SASL.User, c.SASL.Mechanism, err)
	case errors.As(err, &eof):
		return fmt.Errorf("kafka.tls, kafka.sasl: %s closes the connection: set both to what the listener expects (%w)", brokers, err)
	case c.TLS.Enabled:
		return fmt.Errorf("kafka.brokers, kafka.tls: %s can't be reached by TLS: set both to what the listener expects (%w)", brokers, err)
	default:
		return fmt.Errorf("kafka.brokers: %s can't be reached: set it to the brokers' host:port (%w)", brokers, err)
	}
}

// elasticsearch tells what is missing of Elasticsearch and its template.
func (w *Wait) elasticsearch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	c := w.Config.Elasticsearch
	var err error
	found := true
	if c.Template == "" {
		err = w.Elastic.Ping(ctx)
	} else {
		found, err = w.Elastic.HasTemplate(ctx, c.Template)
	}
	switch {
	case elastic.Refused(err) && c.APIKeyFile != "":
		return fmt.Errorf("elasticsearch.apiKeyFile: the API key is refused: set it to the file of one that is valid (%w)", err)
	case elastic.Refused(err) && c.User == "":
		return fmt.Errorf("elasticsearch.user: nobody is let in without one: set elasticsearch.user and passwordFile, or apiKeyFile (%w)", err)
	case elastic.Refused(err):
		return fmt.Errorf("elasticsearch.user: %q is refused: set elasticsearch.user and passwordFile to what Elasticsearch knows (%w)", c.User, err)
	case err != nil:
		return fmt.Errorf("elasticsearch.urls: no answer: set it to Elasticsearch's http://host:port (%w)", err)
	case !found:
		return fmt.Errorf("elasticsearch.template: there is no index template %q: create it, correct its name or remove the key", c.Template)
	}
	return nil
}
