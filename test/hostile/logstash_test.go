//go:build logstash

package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/engine"
	"sluice/internal/images"
	"sluice/internal/state"
	stack "sluice/test"
	"sluice/test/hostile"
)

// The JRuby of Logstash 8.19.21: versions.yml of its repository says so. Its standard library has another json than
// Logstash brings (2.12.2); the script gives either only what is strict JSON.
const (
	jruby       = "org.jruby:jruby-complete:9.4.15.0"
	jrubySHA256 = "e8a461c48da851d839b8deb8b67b1987542ba5e23b8febfa0e60f0065e2639d2"
)

// logstash is the script as the chart runs it.
type logstash struct {
	script, parameters string
	stack              string // -Xss…
	jar                string
}

func newLogstash(t *testing.T) logstash {
	t.Helper()
	rendered, err := stack.Preset("dev").Render()
	require.NoError(t, err)
	dir := t.TempDir()
	l := logstash{script: filepath.Join(dir, "normalise.rb"), jar: fetchJRuby(t)}
	for _, manifest := range rendered.Manifests {
		var files corev1.ConfigMap
		if yaml.Unmarshal([]byte(manifest), &files) == nil && files.Kind == "ConfigMap" && files.Name == "sluice-logstash" {
			for _, name := range []string{"normalise.rb", "contract.json"} {
				require.NotEmpty(t, files.Data[name], name)
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(files.Data[name]), 0o600))
			}
		}
		var workload appsv1.StatefulSet
		if yaml.Unmarshal([]byte(manifest), &workload) == nil && workload.Kind == "StatefulSet" && workload.Name == "sluice-logstash" {
			l.stack = regexp.MustCompile(`-Xss\w+`).FindString(manifest)
		}
	}
	require.NotEmpty(t, l.stack, "LS_JAVA_OPTS sets no -Xss")
	parameters, err := json.Marshal(map[string]any{
		"contract": filepath.Join(dir, "contract.json"), "index": "logs", "anomalies_topic": "anomalies", "retention_days": 3,
	})
	require.NoError(t, err)
	l.parameters = string(parameters)
	return l
}

// fetchJRuby returns the file, which is downloaded once.
func fetchJRuby(t *testing.T) string {
	t.Helper()
	dir, err := state.Dir("jruby")
	require.NoError(t, err)
	require.NoError(t, engine.Need(t.Context(), "java", "openjdk-17-jre-headless"))
	file := filepath.Join(dir, jrubySHA256+".jar")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	fresh := filepath.Join(t.TempDir(), "jruby.jar")
	require.NoError(t, images.FetchArtifact(t.Context(), jruby, fresh))
	content, err := os.ReadFile(fresh)
	require.NoError(t, err)
	sum := sha256.Sum256(content)
	require.Equal(t, jrubySHA256, hex.EncodeToString(sum[:]), "the SHA-256 of %s", jruby)
	require.NoError(t, os.WriteFile(file+".new", content, 0o600))
	require.NoError(t, os.Rename(file+".new", file))
	return file
}

// input is a line for run.rb, made what it answers.
type input struct {
	Record  string `json:"record"` // hexadecimal
	Topic   string `json:"topic"`
	Time    int64  `json:"time"`
	Refused string `json:"refused,omitempty"`
}

type made struct {
	Index    string          `json:"index"`
	ID       string          `json:"id"`
	Queued   json.RawMessage `json:"queued"` // what keeps it out of the dead letter queue
	Document json.RawMessage `json:"document"`
}

// run gives the script the records, on threads of the given stack.
func (l logstash) run(t *testing.T, stack string, inputs []input) []made {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	var records bytes.Buffer
	for _, in := range inputs {
		require.NoError(t, json.NewEncoder(&records).Encode(in))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "java", stack, "-Xmx512m", "-jar", l.jar, filepath.Join(root, "test", "hostile", "run.rb"), l.script, l.parameters)
	run.Stdin = &records
	var errors bytes.Buffer
	run.Stderr = &errors
	output, err := run.Output()
	require.NoError(t, err, errors.String())

	results := make([]made, len(inputs))
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 16<<20)
	for i := range results {
		require.True(t, lines.Scan(), "%d of %d records have a document", i, len(inputs))
		require.NoError(t, json.Unmarshal(lines.Bytes(), &results[i]))
	}
	require.False(t, lines.Scan(), "more documents than records")
	return results
}

func inputs(cases []hostile.Case) []input {
	var all []input
	for _, c := range cases {
		topic := "logs"
		if c.Anomaly {
			topic = "anomalies"
		}
		all = append(all, input{Record: hex.EncodeToString(c.Record), Topic: topic, Time: c.KafkaTime})
	}
	return all
}

// Logstash's script makes the documents of the table.
func TestNormaliseScript(t *testing.T) {
	l := newLogstash(t)
	cases, err := hostile.Load("run", time.Now())
	require.NoError(t, err)
	table := inputs(cases)
	refused := []byte(`{"message":"x","tags":1}`)
	more := inputs([]hostile.Case{{Record: refused}, {Record: levels(498)}, {Record: levels(499)}})
	more[0].Refused = `Could not index event. status: 400, action: ["create", {}], response: {"create"=>{"error"=>"why"}}`
	results := l.run(t, l.stack, append(table, more...))

	for i, c := range cases {
		differences, from := c.Check(strings.TrimPrefix(results[i].Index, "logs"), results[i].ID, results[i].Document)
		assert.Empty(t, differences, c.Name)
		if from != nil {
			assert.True(t, *from.Partition == 2 && *from.Offset == 7, "%s: partition and offset", c.Name)
		}
	}
	results = results[len(table):]

	t.Run("what Elasticsearch has refused is a dead letter with the record's bytes", func(t *testing.T) {
		sum := sha256.Sum256(refused)
		assert.Equal(t, "logs-dead-letter", results[0].Index)
		assert.Equal(t, hex.EncodeToString(sum[:]), results[0].ID)
		assert.Contains(t, string(results[0].Document), `{"message":"{\"create\"=>{\"error\"=>\"why\"}}"}`)
		assert.Contains(t, string(results[0].Document), hex.EncodeToString(refused))
	})
	t.Run("what the dead letter queue can't hold stays out of it", func(t *testing.T) {
		assert.Equal(t, "null", string(results[1].Queued))
		assert.JSONEq(t, `{"depth":499}`, string(results[2].Queued))
	})
}

// No record stops the pipeline, however small the stack is: a full one makes a dead letter.
func TestAFullStackIsADeadLetter(t *testing.T) {
	l := newLogstash(t)
	results := l.run(t, "-Xss512k", inputs([]hostile.Case{{Record: levels(900)}, {Record: []byte(`{"message":"after"}`)}}))
	require.Equal(t, "logs-dead-letter", results[0].Index)
	require.Contains(t, string(results[0].Document), "StackOverflowError")
	require.Contains(t, string(results[0].Document), hex.EncodeToString(levels(900)))
	require.Contains(t, string(results[1].Document), `"message":"after"`)
}

func levels(count int) []byte {
	return []byte(strings.Repeat(`{"a":`, count) + "1" + strings.Repeat("}", count))
}
