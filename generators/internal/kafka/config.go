// Package kafka connects to brokers, finds a topic and sends records there, with segmentio/kafka-go.
package kafka

import (
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"

	"sluice/internal/cli"
)

// Config says where records go and how.
type Config struct {
	Connection
	Topic          string
	Acks           string        // all, one or none
	Compression    string        // none, gzip, snappy, lz4 or zstd
	BatchSize      int           // the most records of one request
	Linger         time.Duration // how long a request waits for more records
	ConnectTimeout time.Duration // how long to look for broker and topic
}

// Validate tells the first setting that can't work, by its flag's name. It reads no files.
func (c Config) Validate() error {
	if err := c.Connection.Validate(); err != nil {
		return err
	}
	switch {
	case c.Topic == "":
		return cli.Misusef("--topic is empty: set it to the topic that gets the events")
	case !validTopic(c.Topic):
		return cli.Misusef("--topic is %q: set it to at most 249 letters, digits, dots, dashes and underscores", c.Topic)
	case c.BatchSize < 1:
		return cli.Misusef("--batch-size is %d: set it to at least 1", c.BatchSize)
	case c.Linger < 0 || c.Linger > time.Minute:
		return cli.Misusef("--linger is %v: set it to a time from 0s to 1m", c.Linger)
	case c.ConnectTimeout <= 0:
		return cli.Misusef("--connect-timeout is %v: set it to a time such as 30s", c.ConnectTimeout)
	}
	if _, err := c.acks(); err != nil {
		return err
	}
	_, err := c.compression()
	return err
}

func validTopic(topic string) bool {
	return len(topic) <= 249 && topic != "." && topic != ".." && !strings.ContainsFunc(topic, func(r rune) bool {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return false
		default:
			return !slices.Contains([]rune("._-"), r)
		}
	})
}

func (c Config) acks() (kafka.RequiredAcks, error) {
	switch c.Acks {
	case "all":
		return kafka.RequireAll, nil
	case "one":
		return kafka.RequireOne, nil
	case "none":
		return kafka.RequireNone, nil
	}
	return 0, cli.Misusef("--acks is %q: set it to all, one or none", c.Acks)
}

func (c Config) compression() (kafka.Compression, error) {
	switch c.Compression {
	case "none":
		return 0, nil
	case "gzip":
		return kafka.Gzip, nil
	case "snappy":
		return kafka.Snappy, nil
	case "lz4":
		return kafka.Lz4, nil
	case "zstd":
		return kafka.Zstd, nil
	}
	return 0, cli.Misusef("--compression is %q: set it to none, gzip, snappy, lz4 or zstd", c.Compression)
}
