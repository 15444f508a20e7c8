package test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	logstash "github.com/breml/logstash-config"
	"github.com/breml/logstash-config/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	goyaml "go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	contract "sluice/charts/sluice/charts/lib"
	"sluice/internal/state"
)

// Logstash's image can't be had everywhere, so its configuration is proven without it: the grammar is Logstash's own,
// and each plugin, option and setting is one that it has, with a value of the right type.

// logstashKnows is testdata/logstash.yml. A type is a name, or the list of the values.
type logstashKnows struct {
	Plugins  map[string]map[string]map[string]any
	Settings map[string]any
	Pipeline map[string]any
}

func readLogstashKnows(t *testing.T) logstashKnows {
	t.Helper()
	var known logstashKnows
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, "testdata/logstash.yml")), &known))
	return known
}

// usedOption is an option of a plugin in a pipeline's configuration.
type usedOption struct {
	kind, plugin, name string
	value              ast.Attribute
}

// parsePipeline gives the options of all plugins of a configuration; what the grammar refuses is an error.
func parsePipeline(name, content string) (used []usedOption, plugins []ast.Plugin, err error) {
	parsed, err := logstash.Parse(name, []byte(content))
	if err != nil {
		return nil, nil, err
	}
	config := parsed.(ast.Config)
	var walk func(kind string, nodes []ast.BranchOrPlugin)
	options := func(kind string, plugin ast.Plugin) {
		for _, attribute := range plugin.Attributes {
			used = append(used, usedOption{kind, plugin.Name(), attribute.Name(), attribute})
		}
	}
	walk = func(kind string, nodes []ast.BranchOrPlugin) {
		for _, node := range nodes {
			switch node := node.(type) {
			case ast.Plugin:
				plugins = append(plugins, node)
				options(kind, node)
				for _, attribute := range node.Attributes {
					if inner, ok := attribute.(ast.PluginAttribute); ok {
						if codec, ok := codecOf(inner); ok {
							options("codec", codec)
						}
					}
				}
			case ast.Branch:
				walk(kind, node.IfBlock.Block)
				for _, other := range node.ElseIfBlock {
					walk(kind, other.Block)
				}
				walk(kind, node.ElseBlock.Block)
			}
		}
	}
	for kind, sections := range map[string][]ast.PluginSection{"input": config.Input, "filter": config.Filter, "output": config.Output} {
		for _, section := range sections {
			walk(kind, section.BranchOrPlugins)
		}
	}
	return used, plugins, nil
}

// codecOf is the plugin that an option holds. The tree does not give it away, but its text does, as a whole plugin.
func codecOf(attribute ast.PluginAttribute) (ast.Plugin, bool) {
	parsed, err := logstash.Parse("", []byte("filter { "+attribute.ValueString()+" }"))
	if err != nil {
		return ast.Plugin{}, false
	}
	plugin, ok := parsed.(ast.Config).Filter[0].BranchOrPlugins[0].(ast.Plugin)
	return plugin, ok
}

// wrongOption says what is wrong with an option; nothing if Logstash takes it.
func (k logstashKnows) wrongOption(o usedOption) string {
	options, ok := k.Plugins[o.kind][o.plugin]
	if !ok {
		return fmt.Sprintf("%s: testdata/logstash.yml knows no %s plugin %s", o.value.Pos(), o.kind, o.plugin)
	}
	wanted, ok := options[o.name]
	if !ok {
		return fmt.Sprintf("%s: testdata/logstash.yml knows no option %s of the %s plugin %s", o.value.Pos(), o.name, o.kind, o.plugin)
	}
	var got any
	switch value := o.value.(type) {
	case ast.StringAttribute:
		got = value.Value()
	case ast.NumberAttribute:
		got = value.Value()
	case ast.ArrayAttribute:
		got = []any{}
	case ast.HashAttribute:
		got = map[string]any{}
	case ast.PluginAttribute:
		if wanted == "codec" {
			return ""
		}
	}
	if text, ok := got.(string); ok && wanted == "boolean" && (text == "true" || text == "false") {
		got = text == "true"
	}
	if !isOf(wanted, got) {
		return fmt.Sprintf("%s: the option %s of the %s plugin %s is %s, not %v", o.value.Pos(), o.name, o.kind, o.plugin, o.value.ValueString(), wanted)
	}
	return ""
}

var byteSize = regexp.MustCompile(`^[0-9]+(b|kb|mb|gb)$`)

// isOf says whether a value is of a type of testdata/logstash.yml.
func isOf(wanted, value any) bool {
	text, isText := value.(string)
	if values, ok := wanted.([]any); ok {
		return slices.Contains(values, any(text)) && isText
	}
	switch wanted {
	case "string":
		return isText
	case "number":
		_, ok := value.(float64)
		return ok
	case "boolean":
		_, ok := value.(bool)
		return ok
	case "list":
		_, ok := value.([]any)
		return ok
	case "hash":
		_, ok := value.(map[string]any)
		return ok
	case "bytes":
		return isText && byteSize.MatchString(text)
	}
	return false
}

// logstashFiles are the files of the ConfigMap, of each preset that runs Logstash.
func eachLogstash(t *testing.T, check func(t *testing.T, files map[string]string)) {
	for _, preset := range presets {
		t.Run(preset, func(t *testing.T) {
			check(t, named[*corev1.ConfigMap](t, presetObjects(t, preset), "sluice-logstash").Data)
		})
	}
}

func TestLogstashPipelines(t *testing.T) {
	known := readLogstashKnows(t)
	eachLogstash(t, func(t *testing.T, files map[string]string) {
		for _, name := range []string{"logstash.conf", "dead-letter.conf"} {
			used, plugins, err := parsePipeline(name, files[name])
			require.NoError(t, err)
			require.NotEmpty(t, used, name)
			for _, option := range used {
				assert.Empty(t, known.wrongOption(option), name)
			}
			ids := map[string]bool{}
			for _, plugin := range plugins {
				id, err := plugin.ID()
				if assert.NoError(t, err, "%s: without an id the metrics of a plugin change their labels with each start", name) {
					assert.False(t, ids[id], "%s: the id %s is given twice", name, id)
					ids[id] = true
				}
				names := map[string]bool{}
				for _, attribute := range plugin.Attributes {
					assert.False(t, names[attribute.Name()], "%s: %s has the option %s twice", name, id, attribute.Name())
					names[attribute.Name()] = true
				}
			}
			// A reference that is not resolved becomes the text of a document's _id; only what the script always sets is safe.
			for _, reference := range regexp.MustCompile(`%\{[^}]*\}`).FindAllString(withoutComments(files[name]), -1) {
				assert.Contains(t, []string{"%{[@metadata][id]}", "%{[@metadata][index]}"}, reference, name)
			}
		}
	})
}

func withoutComments(text string) string {
	return regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(text, "")
}

func TestLogstashSettings(t *testing.T) {
	known := readLogstashKnows(t)
	eachLogstash(t, func(t *testing.T, files map[string]string) {
		var settings map[string]any
		require.NoError(t, yaml.UnmarshalStrict([]byte(files["logstash.yml"]), &settings))
		for name, value := range settings {
			assert.True(t, isOf(known.Settings[name], value), "logstash.yml: %s is %v, and should be %v", name, value, known.Settings[name])
		}
		var pipelines []map[string]any
		require.NoError(t, yaml.UnmarshalStrict([]byte(files["pipelines.yml"]), &pipelines))
		require.Len(t, pipelines, 2)
		for _, pipeline := range pipelines {
			for name, value := range pipeline {
				assert.True(t, isOf(known.Pipeline[name], value), "pipelines.yml: %s is %v, and should be %v", name, value, known.Pipeline[name])
			}
			config, _ := pipeline["path.config"].(string)
			assert.NotEmpty(t, files[strings.TrimPrefix(config, "/etc/sluice/")], "pipelines.yml: there is no %s", config)
			assert.Equal(t, "persisted", pipeline["queue.type"], "%s: a queue in memory dies with the pod", pipeline["pipeline.id"])
		}
		// At least once: offsets by hand, and a dead letter queue that the other pipeline reads.
		assert.Equal(t, true, pipelines[0]["dead_letter_queue.enable"])
		assert.Contains(t, files["logstash.conf"], "enable_auto_commit => false")
		assert.Contains(t, files["dead-letter.conf"], fmt.Sprintf("pipeline_id => %q", pipelines[0]["pipeline.id"]))
	})
}

// The checks above see what they are for.
func TestLogstashChecksCanFail(t *testing.T) {
	known := readLogstashKnows(t)
	for name, config := range map[string]string{
		"no plugin of this name":    `input { kafak { topics => ["a"] } }`,
		"no option of this name":    `input { kafka { topic => ["a"] } }`,
		"text for a list":           `input { kafka { topics => "a" } }`,
		"text for a number":         `input { kafka { consumer_threads => "three" } }`,
		"no value of it":            `input { kafka { decorate_events => "all" } }`,
		"no truth value":            `input { kafka { enable_auto_commit => "no" } }`,
		"in a branch":               `filter { if [a] { ruby { cod => "" } } else { ruby { code => "" } } }`,
		"an option of a codec":      `input { kafka { codec => plain { charst => "UTF-8" } } }`,
		"a codec in another option": `input { kafka { topics => plain { } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			used, _, err := parsePipeline(name, config)
			require.NoError(t, err)
			var wrong []string
			for _, option := range used {
				if text := known.wrongOption(option); text != "" {
					wrong = append(wrong, text)
				}
			}
			assert.Len(t, wrong, 1)
		})
	}
	for name, config := range map[string]string{
		"no arrow":         `input { kafka { topics ["a"] } }`,
		"an open brace":    `input { kafka { topics => ["a"] }`,
		"a template's end": `input { kafka { topics => [{{ .Values.global.topic }}] } }`,
		"a comma too many": `input { kafka { topics => ["a",] } }`,
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := parsePipeline(name, config)
			assert.Error(t, err)
		})
	}
}

// docs/engines.md has a row for each option, and none for an option that is not used.
func TestLogstashOptionsAreExplained(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	document := read(t, filepath.Join(root, "docs", "engines.md"))
	rows := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `([a-z_]+)` \\| .{10,} \\|$").FindAllStringSubmatch(document, -1) {
		rows[row[1]+"."+row[2]] = true
	}
	used := map[string]bool{}
	files := named[*corev1.ConfigMap](t, presetObjects(t, "dev"), "sluice-logstash").Data
	for _, name := range []string{"logstash.conf", "dead-letter.conf"} {
		options, _, err := parsePipeline(name, files[name])
		require.NoError(t, err)
		for _, option := range options {
			used[option.plugin+"."+option.name] = true
		}
	}
	assert.Equal(t, used, rows, "docs/engines.md: the options that it explains, and those that are used")
}

// Both engines are tested with the same scripts.
func TestEnginesAreTestedAlike(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	charts := filepath.Join(root, "charts", "sluice", "charts")
	for _, file := range []string{"files/test/send.sh", "files/test/find.sh"} {
		assert.Equal(t, read(t, filepath.Join(charts, "logstash", file)), read(t, filepath.Join(charts, "indexer", file)), file)
	}
}

// Logstash's script and Spark's job are given the contract, and have no second copy of it.
func TestContractStandsOnce(t *testing.T) {
	c, err := contract.Read()
	require.NoError(t, err)
	for name, program := range map[string]string{"sluice-logstash": "normalise.rb", "sluice-spark-streaming-job": "log_analytics.py"} {
		files := named[*corev1.ConfigMap](t, presetObjects(t, "dev"), name).Data
		var given contract.Contract
		require.NoError(t, goyaml.Unmarshal([]byte(files["contract.json"]), &given), name)
		assert.Equal(t, c, given, "%s: contract.json", name)
		copies := []string{"finest", "informational", "severe", "emerg", "levelname", "service.name", c.Reasons.NotObject, c.Reasons.BadName}
		for _, text := range copies {
			assert.False(t, strings.Contains(files[program], text), "%s has %q, which it is given in contract.json", program, text)
		}
	}
}
