package kafka

import (
	"flag"
	"net"
	"time"

	"github.com/segmentio/kafka-go"

	"sluice/internal/cli"
)

// Connection says where the brokers are and who the client is to them.
type Connection struct {
	Brokers []string // host:port
	TLS     TLS
	SASL    SASL
}

// Flags defines --brokers and those of TLS and SASL.
func (c *Connection) Flags(fs *flag.FlagSet) {
	c.FlagsWithoutSASL(fs)
	c.SASL.flags(fs)
}

// FlagsWithoutSASL are for a client that is known by its certificate.
func (c *Connection) FlagsWithoutSASL(fs *flag.FlagSet) {
	cli.ListVar(fs, &c.Brokers, "brokers", []string{"localhost:9092"}, "host:port pairs to find the cluster by, comma-separated")
	c.TLS.flags(fs)
}

// Validate tells the first setting that can't work, by its flag's name. It reads no files.
func (c Connection) Validate() error {
	if len(c.Brokers) == 0 {
		return cli.Misusef("--brokers is empty: set it to host:port pairs such as localhost:9092")
	}
	for _, broker := range c.Brokers {
		if host, port, err := net.SplitHostPort(broker); err != nil || host == "" || port == "" {
			return cli.Misusef("--brokers has %q: set it to host:port pairs such as localhost:9092", broker)
		}
	}
	if err := c.TLS.validate(); err != nil {
		return err
	}
	return c.SASL.validate()
}

// Transport makes connections that are encrypted and logged in as c says, each within dialTimeout. It reads the
// files; what is wrong with them is an error that says what to set.
func (c Connection) Transport(clientID string, dialTimeout time.Duration) (*kafka.Transport, error) {
	tlsConfig, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	mechanism, err := c.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	return &kafka.Transport{ClientID: clientID, DialTimeout: dialTimeout, TLS: tlsConfig, SASL: mechanism}, nil
}
