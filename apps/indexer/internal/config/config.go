// Package config reads the indexer's configuration file.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"sluice/internal/cli"
)

// Config is the file. The chart's files/indexer.yaml explains each key.
type Config struct {
	Kafka           Kafka         `yaml:"kafka"`
	Elasticsearch   Elasticsearch `yaml:"elasticsearch"`
	RetentionDays   int           `yaml:"retentionDays"`
	DeadLetterIndex string        `yaml:"deadLetterIndex"`
	Listen          string        `yaml:"listen"`
	StartTimeout    Duration      `yaml:"startTimeout"`
}

// Kafka says what is read, from where and as whom.
type Kafka struct {
	Brokers []string         `yaml:"brokers"`
	Group   string           `yaml:"group"`
	Topics  map[string]Topic `yaml:"topics"`
	TLS     TLS              `yaml:"tls"`
	SASL    SASL             `yaml:"sasl"`
}

// Topic says where a topic's records go.
type Topic struct {
	Index     string `yaml:"index"`
	Anomalies bool   `yaml:"anomalies"`
}

// TLS says whether connections to Kafka are encrypted. No CAFile means the system's authorities.
type TLS struct {
	Enabled bool   `yaml:"enabled"`
	CAFile  string `yaml:"caFile"`
}

// SASL says who the indexer is to Kafka. No mechanism means no authentication.
type SASL struct {
	Mechanism    string `yaml:"mechanism"`
	User         string `yaml:"user"`
	PasswordFile string `yaml:"passwordFile"`
}

// Elasticsearch says where documents go, as whom and in which portions.
type Elasticsearch struct {
	URLs         []string `yaml:"urls"`
	CAFile       string   `yaml:"caFile"`
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"passwordFile"`
	APIKeyFile   string   `yaml:"apiKeyFile"`
	Gzip         bool     `yaml:"gzip"`
	BulkBytes    Bytes    `yaml:"bulkBytes"`
	Requests     int      `yaml:"requests"`
	Template     string   `yaml:"template"`
}

// Mechanisms of kafka.sasl.mechanism.
const (
	Plain       = "PLAIN"
	ScramSHA256 = "SCRAM-SHA-256"
	ScramSHA512 = "SCRAM-SHA-512"
)

var mechanisms = []string{Plain, ScramSHA256, ScramSHA512}

// Read returns the configuration in the file at path. Every error is one line that says what to set.
func Read(path string) (Config, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Config{}, cli.Misusef("cannot read the configuration: %w: set --config to a file that can be read", err)
	}
	c, err := Parse(content)
	if err != nil {
		return c, cli.Misusef("%s: %w", path, err)
	}
	return c, nil
}

// Parse returns the configuration in content.
func Parse(content []byte) (Config, error) {
	c := Config{
		Elasticsearch: Elasticsearch{BulkBytes: 1 << 20, Requests: 2},
		Listen:        ":8080",
		StartTimeout:  Duration(10 * time.Minute),
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return c, plain(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return c, errors.New("there is more than one YAML document: keep one")
	}
	return c, c.validate()
}

var (
	unknownKey = regexp.MustCompile(`^(line \d+): field (.+) not found in type .*$`)
	wrongType  = regexp.MustCompile("^(line \\d+): cannot unmarshal !!(\\w+)( `.*`)? into (.+)$")
)

// kinds names Go's types as a reader of YAML does.
var kinds = strings.NewReplacer("[]string", "a list of texts", "map[string]config.Topic", "topics with the index of each",
	"string", "a text", "int", "a whole number", "bool", "true or false")

// plain says in the file's own words what the YAML library says in Go's. One fault at a time is enough.
func plain(err error) error {
	var faults *yaml.TypeError
	if !errors.As(err, &faults) {
		return fmt.Errorf("not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	fault := faults.Errors[0]
	if m := unknownKey.FindStringSubmatch(fault); m != nil {
		return fmt.Errorf("%s: there is no key %q here: remove it or correct its name", m[1], m[2])
	}
	if m := wrongType.FindStringSubmatch(fault); m != nil {
		want := kinds.Replace(m[4])
		if strings.HasPrefix(m[4], "config.") {
			want = "keys and their values"
		}
		return fmt.Errorf("%s: a %s%s is where there must be %s", m[1], m[2], m[3], want)
	}
	return errors.New(fault)
}

func (c Config) validate() error {
	if err := c.Kafka.validate(); err != nil {
		return err
	}
	if err := c.Elasticsearch.validate(); err != nil {
		return err
	}
	switch {
	case c.RetentionDays < 1:
		return errors.New("retentionDays: set it to at least 1")
	case !validIndex(c.DeadLetterIndex):
		return fmt.Errorf("deadLetterIndex is %q: set it to the index of dead letters, in small letters", c.DeadLetterIndex)
	case c.Listen == "":
		return errors.New("listen is empty: set it to a free host:port, such as :8080")
	case c.StartTimeout <= 0:
		return errors.New("startTimeout: set it to a time such as 10m")
	}
	return nil
}

func (k Kafka) validate() error {
	if len(k.Brokers) == 0 {
		return errors.New("kafka.brokers is empty: set it to a list of host:port")
	}
	for _, broker := range k.Brokers {
		if host, port, err := net.SplitHostPort(broker); err != nil || host == "" || port == "" {
			return fmt.Errorf("kafka.brokers has %q: set it to host:port", broker)
		}
	}
	if k.Group == "" {
		return errors.New("kafka.group is empty: set it to the consumer group's name, such as sluice-indexer")
	}
	if len(k.Topics) == 0 {
		return errors.New("kafka.topics is empty: set it to the topics to read, with the index of each")
	}
	for name, topic := range k.Topics {
		if !validTopic(name) {
			return fmt.Errorf("kafka.topics has %q: a topic's name has at most 249 letters, digits, dots, dashes and underscores", name)
		}
		if !validIndex(topic.Index) {
			return fmt.Errorf("kafka.topics.%s.index is %q: set it to the index that its records go to, in small letters", name, topic.Index)
		}
	}
	if k.TLS.CAFile != "" && !k.TLS.Enabled {
		return errors.New("kafka.tls.caFile needs kafka.tls.enabled: set it to true")
	}
	switch s := k.SASL; {
	case s == SASL{}:
	case !slices.Contains(mechanisms, s.Mechanism):
		return fmt.Errorf("kafka.sasl.mechanism is %q: set it to %s", s.Mechanism, strings.Join(mechanisms, ", "))
	case s.User == "":
		return errors.New("kafka.sasl.user is empty: set it to the user's name")
	case s.PasswordFile == "":
		return errors.New("kafka.sasl.passwordFile is empty: set it to the file that holds the user's password")
	}
	return nil
}

func (e Elasticsearch) validate() error {
	if len(e.URLs) == 0 {
		return errors.New("elasticsearch.urls is empty: set it to a list such as http://host:9200")
	}
	encrypted := false
	for _, text := range e.URLs {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("elasticsearch.urls has %q: set it to http://host:port or https://host:port", withoutUser(u, text))
		}
		encrypted = encrypted || u.Scheme == "https"
	}
	switch {
	case e.CAFile != "" && !encrypted:
		return errors.New("elasticsearch.caFile needs https: set elasticsearch.urls to https://host:port")
	case e.APIKeyFile != "" && (e.User != "" || e.PasswordFile != ""):
		return errors.New("elasticsearch.apiKeyFile excludes elasticsearch.user and elasticsearch.passwordFile: set one of both ways")
	case e.User == "" && e.PasswordFile != "":
		return errors.New("elasticsearch.user is empty: set it to the user whose password elasticsearch.passwordFile holds")
	case e.User != "" && e.PasswordFile == "":
		return errors.New("elasticsearch.passwordFile is empty: set it to the file that holds the password of elasticsearch.user")
	case e.BulkBytes < 1<<10 || e.BulkBytes > 64<<20:
		return errors.New("elasticsearch.bulkBytes: set it to 1KiB to 64MiB")
	case e.Requests < 1 || e.Requests > 64:
		return errors.New("elasticsearch.requests: set it to 1 to 64")
	}
	return nil
}

// withoutUser keeps a password that stands in a URL out of the log.
func withoutUser(u *url.URL, text string) string {
	if u == nil || u.User == nil {
		return text
	}
	return u.Redacted()
}

func validTopic(name string) bool {
	return name != "" && len(name) <= 249 && name != "." && name != ".." && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	})
}

// validIndex leaves room for the day.
func validIndex(name string) bool {
	return name != "" && len(name) <= 240 && !strings.ContainsAny(name[:1], "-_+.") && name == strings.ToLower(name) &&
		!strings.ContainsAny(name, "\\/*?\"<>| ,#:\t\n\r")
}
