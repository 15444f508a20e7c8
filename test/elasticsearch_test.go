package test

import (
	"encoding/json"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// indexTemplate is what the setup Job puts, of index templates and component templates.
type indexTemplate struct {
	IndexPatterns []string `json:"index_patterns"`
	ComposedOf    []string `json:"composed_of"`
	Template      struct {
		Aliases  table
		Settings table
		Mappings table
	}
}

// indexTemplates are the index templates of a rendering by name, with their components merged in as Elasticsearch does it.
func indexTemplates(t *testing.T, objects []object) map[string]indexTemplate {
	t.Helper()
	files := named[*corev1.ConfigMap](t, objects, "sluice-elasticsearch-setup").Data
	index := variable(t, objects, "INDEX")
	components, whole := map[string]indexTemplate{}, map[string]indexTemplate{}
	for name, content := range files {
		if name == "setup.sh" || name == "policy.json" || name == "repository.json" {
			continue
		}
		var parsed indexTemplate
		require.NoError(t, json.Unmarshal([]byte(content), &parsed), name)
		name = strings.TrimSuffix(name, ".json")
		if component, ok := strings.CutPrefix(name, "component-"); ok {
			components[index+"-"+component] = parsed
			continue
		}
		whole[name] = parsed
	}
	for name, template := range whole {
		merged := table{}
		for _, component := range template.ComposedOf {
			require.Contains(t, components, component, "a component of %s", name)
			merge(merged, asTable(t, components[component].Template))
		}
		merge(merged, asTable(t, template.Template))
		text, err := json.Marshal(merged)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, &template.Template))
		whole[name] = template
	}
	return whole
}

func asTable(t *testing.T, v any) table {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	result := table{}
	require.NoError(t, json.Unmarshal(text, &result))
	return result
}

// merge puts the values of from into to.
func merge(to, from table) {
	for key, value := range from {
		own, isTable := to[key].(table)
		if other, ok := value.(table); ok && isTable {
			merge(own, other)
			continue
		}
		if value != nil {
			to[key] = value
		}
	}
}

// fields are the types of a template's fields by their full names.
func (i indexTemplate) fields() map[string]string {
	found := map[string]string{}
	var walk func(prefix string, mappings table)
	walk = func(prefix string, mappings table) {
		properties, _ := mappings["properties"].(table)
		for name, value := range properties {
			field := value.(table)
			if kind, ok := field["type"].(string); ok {
				found[prefix+name] = kind
			}
			walk(prefix+name+".", field)
		}
	}
	walk("", i.Template.Mappings)
	return found
}

// variable is one of the setup Job's.
func variable(t *testing.T, objects []object, name string) string {
	t.Helper()
	for _, job := range of[*batchv1.Job](objects) {
		if job.Labels["app.kubernetes.io/name"] == "elasticsearch-setup" {
			for _, v := range job.Spec.Template.Spec.Containers[0].Env {
				if v.Name == name {
					return v.Value
				}
			}
		}
	}
	require.Failf(t, "not set", "the variable %s of the setup Job", name)
	return ""
}

// Each name of an index that the engines write to is made of the template that is meant for it, and of no other.
func TestIndexPatterns(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		templates, index := indexTemplates(t, objects), variable(t, objects, "INDEX")
		for name, want := range map[string]string{
			index + "-2026.11.25":           "logs",
			index + "-undated":              "logs-undated",
			index + "-anomalies-2026.11.25": "anomalies",
			index + "-anomalies-undated":    "anomalies-undated",
			index + "-dead-letter":          "dead-letter",
			index + "-test-12":              "",
			index:                           "",
			index + "-anomalies":            "",
		} {
			var made []string
			for template, content := range templates {
				for _, pattern := range content.IndexPatterns {
					if matched, err := path.Match(pattern, name); assert.NoError(t, err) && matched {
						made = append(made, template)
					}
				}
			}
			if want == "" {
				assert.Empty(t, made, name)
				continue
			}
			assert.Equal(t, []string{want}, made, name)
			alias := table{}
			if kind, _, _ := strings.Cut(want, "-"); kind != "dead" {
				alias[strings.TrimSuffix(index+"-"+kind, "-logs")] = table{}
			}
			aliases := templates[want].Template.Aliases
			if aliases == nil {
				aliases = table{}
			}
			assert.Equal(t, alias, aliases, "aliases of %s", name)
		}
	})
}

// No sender can make a mapping grow, and one bad value is no reason to refuse a document.
func TestMappingsAreLimited(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		for name, template := range indexTemplates(t, objects) {
			assert.Equal(t, false, template.Template.Mappings["dynamic"], "dynamic of %s", name)
			assert.Equal(t, true, template.Template.Settings["index.mapping.ignore_malformed"], name)
			assert.Equal(t, "0-1", template.Template.Settings["index.auto_expand_replicas"], "a copy as soon as there are two nodes: %s", name)
			for field, kind := range template.fields() {
				if kind == "keyword" || kind == "flattened" {
					assert.Contains(t, string(mustJSON(t, property(template.Template.Mappings, field))), `"ignore_above"`, "%s: a value longer than 32 KiB would be refused: %s", name, field)
				}
			}
		}
	})
}

// What the event and the anomaly contract promise can be searched, with the types that they need.
func TestMappingsKnowTheContract(t *testing.T) {
	shared := map[string]string{"@timestamp": "date", "message": "text", "event.id": "keyword", "event.kind": "keyword", "event.dataset": "keyword",
		"log.level": "keyword", "service.name": "keyword", "unindexed": "object"}
	want := map[string]map[string]string{
		"logs": {"event.sequence": "long", "event.duration": "long", "host.name": "keyword", "trace.id": "keyword", "labels": "flattened",
			"http.request.method": "keyword", "http.response.status_code": "short", "url.path": "keyword", "error.type": "keyword", "error.message": "text"},
		"anomalies": {"event.start": "date", "event.end": "date", "window.events": "long", "window.errors": "long", "window.error_rate": "double", "window.rate": "double",
			"window.duration_p95_ms": "double", "anomaly.kind": "keyword", "anomaly.value": "double", "anomaly.baseline": "double", "anomaly.score": "double"},
	}
	templates := indexTemplates(t, presetObjects(t, "dev"))
	for name, own := range want {
		maps.Copy(own, shared)
		assert.Equal(t, own, templates[name].fields(), name)
		assert.Equal(t, own, templates[name+"-undated"].fields(), name+"-undated")
		// Whatever an engine moves there is kept as it is, and nothing of it can be refused.
		assert.Equal(t, table{"type": "object", "enabled": false}, property(templates[name].Template.Mappings, "unindexed"), name)
	}
	assert.Equal(t, map[string]string{"@timestamp": "date", "kafka.topic": "keyword", "kafka.partition": "integer", "kafka.offset": "long", "error.message": "keyword"},
		templates["dead-letter"].fields())
}

// The script puts each file of its ConfigMap, and none that is not there.
func TestSetupPutsEveryFile(t *testing.T) {
	files := named[*corev1.ConfigMap](t, presetObjects(t, "dev"), "sluice-elasticsearch-setup").Data
	var put []string
	for _, match := range regexp.MustCompile(` [a-z-]+\.json|component in ([a-z ]+);`).FindAllStringSubmatch(files["setup.sh"], -1) {
		for _, component := range strings.Fields(match[1]) {
			put = append(put, "component-"+component+".json")
		}
		if match[1] == "" {
			put = append(put, strings.TrimSpace(match[0]))
		}
	}
	var have []string
	for file := range files {
		if file != "setup.sh" {
			have = append(have, file)
		}
	}
	slices.Sort(put)
	slices.Sort(have)
	assert.Equal(t, have, put)
}

func TestRetentionModes(t *testing.T) {
	for mode, test := range map[string]struct{ cronJobs, lifecycle, parse bool }{
		"cronjob": {cronJobs: true},
		"ilm":     {lifecycle: true, parse: true},
		"none":    {},
	} {
		t.Run(mode, func(t *testing.T) {
			objects := with(t, "prod", table{"elasticsearch": table{"retention": table{"mode": mode}}})
			assert.Equal(t, test.cronJobs, len(of[*batchv1.CronJob](objects)) == 1, "there is a CronJob")
			assert.Equal(t, mode, variable(t, objects, "RETENTION_MODE"))
			for name, template := range indexTemplates(t, objects) {
				settings := template.Template.Settings
				managed := test.lifecycle && name != "dead-letter"
				assert.Equal(t, managed, settings["index.lifecycle.name"] == "prod-logs-index", "%s has a lifecycle", name)
				// An index without a date could not be created with it.
				dated := name == "logs" || name == "anomalies"
				assert.Equal(t, test.parse && dated, settings["index.lifecycle.parse_origination_date"] == true, "%s is as old as its name says", name)
			}
			// A day is over one day after it began: the CronJob keeps as many.
			policy := named[*corev1.ConfigMap](t, objects, "sluice-elasticsearch-setup").Data["policy.json"]
			assert.Contains(t, policy, `"min_age": "31d"`)
		})
	}
}

// A careless writer gets an error, not an index in the place of the alias.
func TestAliasesCanNotBecomeIndices(t *testing.T) {
	config := named[*corev1.ConfigMap](t, presetObjects(t, "prod"), "sluice-elasticsearch").Data["elasticsearch.yml"]
	assert.Contains(t, config, `action.auto_create_index: "-prod-logs-index,-prod-logs-index-anomalies,+*"`)
}

// property is a field's own mapping.
func property(mappings table, field string) any {
	var at any = mappings
	for _, part := range strings.Split(field, ".") {
		at = at.(table)["properties"].(table)[part]
	}
	return at
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}
