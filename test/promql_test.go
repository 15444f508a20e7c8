package test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
	"sluice/test/promql"
)

// Dashboards and rules ask only for what the components expose: a misspelt metric would be a panel that is empty, and
// an alert that never comes.
func TestExpressionsAskForWhatIsThere(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	expressions, err := promql.Dashboards(root)
	require.NoError(t, err)
	require.Greater(t, len(expressions), 100, "expressions found in dashboards")
	rules, recorded, err := promql.Rules(root)
	require.NoError(t, err)
	expressions = append(expressions, rules...)

	known, err := promql.Read(root, promql.RecordedFile)
	require.NoError(t, err)
	others, err := promql.Read(root, promql.NotRecordedFile)
	require.NoError(t, err)
	known.Merge(others)

	explained, err := promql.Explain(root, expressions)
	require.NoError(t, err)
	for i, e := range expressions {
		for _, wrong := range known.Check(e, explained[i], recorded) {
			t.Errorf("%s: %s\n  %s", e.Where, wrong, e.Text)
		}
	}
}

// What was recorded needs no entry by hand: an entry that came true is taken out.
func TestMetricsAreListedOnce(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	known, err := promql.Read(root, promql.RecordedFile)
	require.NoError(t, err)
	others, err := promql.Read(root, promql.NotRecordedFile)
	require.NoError(t, err)
	for job, metrics := range others {
		for metric := range metrics {
			assert.NotContains(t, known[job], metric, "it is recorded for the job %s: take it out of %s", job, promql.NotRecordedFile)
		}
	}
}

func TestWrongExpressionsAreFound(t *testing.T) {
	known := promql.Known{}
	known.Add("kafka", "kafka_log_size", "topic", "partition")
	known.Add("zookeeper", "znode_count")
	known.Add("driver", "metrics_app_1_records", "type")
	recorded := []string{"topic:size"}

	tests := map[string]string{ // expression: what is wrong with it
		`sum by (topic) (rate(kafka_log_size{job="kafka", instance=~"$instance"}[$__rate_interval]))`: "",
		`topic:size{anything="x"} / on (whatever) topic:size`:                                         "",
		`{__name__=~"metrics_.+_records", job="driver"}`:                                              "",
		`sum by (job, instance) (up)`:                                                                 "nothing exposes up",
		`kafka_log_sizes`:                                                                             "nothing exposes kafka_log_sizes",
		`kafka_log_size{job="zookeeper"}`:                                                             "nothing exposes kafka_log_size of the job zookeeper",
		`kafka_log_size{topics="a"}`:                                                                  "kafka_log_size has no label topics",
		`sum by (group) (kafka_log_size)`:                                                             "nothing in kafka_log_size has the label group",
		`kafka_log_size * on (node) znode_count`:                                                      "nothing in kafka_log_size, znode_count has the label node",
		`sum(kafka_log_size`:                                                                          "unclosed left parenthesis",
		`{__name__=~"metrics_.+_rows"}`:                                                               "nothing exposes metrics_.+_rows",
		`rate(kafka_log_size)`:                                                                        "expected type range vector",
	}
	var expressions []promql.Expression
	for text := range tests {
		expressions = append(expressions, promql.Expression{Text: text})
	}
	root, err := state.Repository()
	require.NoError(t, err)
	explained, err := promql.Explain(root, expressions)
	require.NoError(t, err)
	for i, e := range expressions {
		wrong := known.Check(e, explained[i], recorded)
		if tests[e.Text] == "" {
			assert.Empty(t, wrong, e.Text)
		} else if assert.Len(t, wrong, 1, e.Text) {
			assert.Contains(t, wrong[0], tests[e.Text], e.Text)
		}
	}
}

// The parser is that of the server that runs.
func TestParserIsTheServers(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	version := regexp.MustCompile(`github.com/prometheus/prometheus (v\S+)`)
	of := func(module string) string {
		content, err := os.ReadFile(filepath.Join(root, "tools", module, "go.mod"))
		require.NoError(t, err)
		return string(version.Find(content))
	}
	assert.Equal(t, of("prometheus"), of("promql"), "tools/prometheus and tools/promql must pin one version")
}
