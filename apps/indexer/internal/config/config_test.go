package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

const whole = `kafka:
  brokers: [kafka-0:9092, kafka-1:9092]
  group: sluice-indexer
  topics:
    logs-topic: {index: logs-index}
    log-anomalies: {index: logs-index-anomalies, anomalies: true}
  tls: {enabled: true, caFile: /etc/kafka-client/ca.crt}
  sasl: {mechanism: SCRAM-SHA-512, user: engine, passwordFile: /etc/kafka-client/password}
elasticsearch:
  urls: [https://host:9200]
  caFile: /etc/elasticsearch-client/ca.crt
  user: engine
  passwordFile: /etc/elasticsearch-client/password
  apiKeyFile: ""
  gzip: false
  bulkBytes: 2MiB
  requests: 4
  template: logs-index
retentionDays: 3
deadLetterIndex: logs-index-dead-letter
listen: :8081
startTimeout: 30s
`

const least = `kafka: {brokers: [kafka:9092], group: g, topics: {t: {index: i}}}
elasticsearch: {urls: ["http://host:9200"]}
retentionDays: 3
deadLetterIndex: dead
`

func TestParse(t *testing.T) {
	c, err := Parse([]byte(whole))
	require.NoError(t, err)
	require.Equal(t, map[string]Topic{"logs-topic": {"logs-index", false}, "log-anomalies": {"logs-index-anomalies", true}}, c.Kafka.Topics)
	require.Equal(t, SASL{ScramSHA512, "engine", "/etc/kafka-client/password"}, c.Kafka.SASL)
	require.EqualValues(t, 2<<20, c.Elasticsearch.BulkBytes)
	require.EqualValues(t, 30*time.Second, c.StartTimeout)

	c, err = Parse([]byte(least))
	require.NoError(t, err)
	require.EqualValues(t, 1<<20, c.Elasticsearch.BulkBytes)
	require.Equal(t, 2, c.Elasticsearch.Requests)
	require.Equal(t, ":8080", c.Listen)
	require.EqualValues(t, 10*time.Minute, c.StartTimeout)
}

// Every mistake is one line that says what to set.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"  group:", "  grupp:", `line 3: there is no key "grupp" here: remove it or correct its name`},
		{"index: logs-index}", "indx: logs-index}", `line 5: there is no key "indx" here`},
		{"gzip: false", "gzip: maybe", "line 15: a str `maybe` is where there must be true or false"},
		{"requests: 4", "requests: [4]", "line 17: a seq is where there must be a whole number"},
		{"[kafka-0:9092, kafka-1:9092]", "kafka:9092", "line 2: a str `kafka:9092` is where there must be a list of texts"},
		{"retentionDays: 3", "retentionDays: three", "line 19: a str `three` is where there must be a whole number"},
		{"  sasl: {", "  sasl: x # {", "line 8: a str `x` is where there must be keys and their values"},
		{"bulkBytes: 2MiB", "bulkBytes: 2MB", `line 16: "2MB" is no number of bytes: set it to a number such as 1048576 or 1MiB`},
		{"bulkBytes: 2MiB", "bulkBytes: 9000MiB", `"9000MiB" is no number of bytes`},
		{"startTimeout: 30s", "startTimeout: 30", `line 22: "30" is no time: set it to one such as 30s or 10m`},
		{"kafka:\n", "kafka: {\n", "not YAML: line "},
		{"listen: :8081", "listen: :8081\n---\na: b", "more than one YAML document"},
		{"listen: :8081", "retentionDays: 3", `mapping key "retentionDays" already defined at line 19`},

		{"[kafka-0:9092, kafka-1:9092]", "[]", "kafka.brokers is empty: set it"},
		{"kafka-1:9092", "kafka-1", `kafka.brokers has "kafka-1": set it to host:port`},
		{"sluice-indexer", `""`, "kafka.group is empty: set it"},
		{"logs-topic:", "logs topic:", `kafka.topics has "logs topic"`},
		{"index: logs-index}", "index: Logs}", `kafka.topics.logs-topic.index is "Logs": set it`},
		{"index: logs-index}", "anomalies: false}", `kafka.topics.logs-topic.index is "": set it`},
		{"tls: {enabled: true,", "tls: {", "kafka.tls.caFile needs kafka.tls.enabled"},
		{"SCRAM-SHA-512", "GSSAPI", `kafka.sasl.mechanism is "GSSAPI": set it to PLAIN, SCRAM-SHA-256, SCRAM-SHA-512`},
		{"user: engine, ", "", "kafka.sasl.user is empty: set it"},
		{", passwordFile: /etc/kafka-client/password", "", "kafka.sasl.passwordFile is empty: set it"},
		{"[https://host:9200]", "[]", "elasticsearch.urls is empty: set it"},
		{"[https://host:9200]", "[host:9200]", `elasticsearch.urls has "host:9200": set it to http://host:port`},
		{"[https://host:9200]", "[https://engine:secret@host:9200]", `elasticsearch.urls has "https://engine:xxxxx@host:9200"`},
		{"[https://host:9200]", "[http://host:9200]", "elasticsearch.caFile needs https"},
		{`apiKeyFile: ""`, "apiKeyFile: /key", "elasticsearch.apiKeyFile excludes elasticsearch.user"},
		{"  user: engine\n", "", "elasticsearch.user is empty: set it"},
		{"  passwordFile: /etc/elasticsearch-client/password\n", "", "elasticsearch.passwordFile is empty: set it"},
		{"bulkBytes: 2MiB", "bulkBytes: 10", "elasticsearch.bulkBytes: set it to 1KiB to 64MiB"},
		{"requests: 4", "requests: 0", "elasticsearch.requests: set it to 1 to 64"},
		{"retentionDays: 3", "retentionDays: 0", "retentionDays: set it to at least 1"},
		{"deadLetterIndex: logs-index-dead-letter", "deadLetterIndex: a/b", `deadLetterIndex is "a/b": set it`},
		{"listen: :8081", `listen: ""`, "listen is empty: set it"},
		{"startTimeout: 30s", "startTimeout: 0s", "startTimeout: set it"},
	} {
		require.Contains(t, whole, c.old)
		file := filepath.Join(t.TempDir(), "indexer.yaml")
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(whole, c.old, c.new, 1)), 0o600))
		_, err := Read(file)
		require.ErrorContains(t, err, c.want)
		require.ErrorContains(t, err, file)
		require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
		require.NotContains(t, err.Error(), "config.")
		require.NotContains(t, err.Error(), "secret")
	}
	_, err := Read("/nowhere")
	require.ErrorContains(t, err, "cannot read the configuration: open /nowhere: no such file or directory: set --config")
	_, err = Parse(nil)
	require.ErrorContains(t, err, "kafka.brokers is empty")
}
