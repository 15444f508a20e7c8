package test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"sluice/internal/state"
)

type table = map[string]any

// What a user sees who gets a value wrong: the chart, the key and what is allowed there.
func TestWrongValuesAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		set  table
		want []string
	}{
		"no brokers":          {table{"kafka": table{"replicas": 0}}, []string{"kafka:", "at '/replicas': minimum: got 0, want 1"}},
		"half a broker":       {table{"kafka": table{"replicas": 1.5}}, []string{"kafka:", "at '/replicas': got number, want integer"}},
		"replicas as text":    {table{"kafka": table{"replicas": "3"}}, []string{"kafka:", "at '/replicas': got string, want integer"}},
		"misspelt key":        {table{"kafka": table{"replica": 3}}, []string{"kafka:", "additional properties 'replica' not allowed"}},
		"misspelt config":     {table{"kafka": table{"config": table{"heap": 1}}}, []string{"kafka:", "at '/config': additional properties 'heap' not allowed"}},
		"misspelt component":  {table{"kafak": table{"replicas": 3}}, []string{"sluice:", "additional properties 'kafak' not allowed"}},
		"misspelt global":     {table{"global": table{"topics": "x"}}, []string{"sluice:", "at '/global': additional properties 'topics' not allowed"}},
		"even quorum":         {table{"zookeeper": table{"replicas": 2}}, []string{"zookeeper:", "at '/replicas': value must be one of 1, 3, 5, 7"}},
		"no elasticsearch":    {table{"elasticsearch": table{"replicas": 0}}, []string{"elasticsearch:", "at '/replicas': minimum: got 0, want 1"}},
		"watermark":           {table{"elasticsearch": table{"config": table{"diskWatermarks": table{"low": "85"}}}}, []string{"elasticsearch:", "at '/config/diskWatermarks/low': '85' does not match pattern"}},
		"unknown limit":       {table{"prometheus": table{"resources": table{"limits": table{"mem": "1Gi"}}}}, []string{"prometheus:", "at '/resources/limits': additional properties 'mem' not allowed"}},
		"quantity":            {table{"logstash": table{"storage": table{"size": "1 GB"}}}, []string{"logstash:", "at '/storage/size': '1 GB' does not match pattern"}},
		"retention":           {table{"prometheus": table{"config": table{"retention": "3 days"}}}, []string{"prometheus:", "at '/config/retention': '3 days' does not match pattern"}},
		"node port":           {table{"prometheus": table{"ports": table{"http": 9090}}}, []string{"prometheus:", "at '/ports/http': minimum: got 9,090, want 30,000"}},
		"port without name":   {table{"prometheus": table{"ports": table{"web": 30090}}}, []string{"prometheus:", "at '/ports': additional properties 'web' not allowed"}},
		"short digest":        {table{"kafka": table{"image": table{"digest": "sha256:1"}}}, []string{"kafka:", "at '/image/digest': 'sha256:1' does not match pattern"}},
		"no tag":              {table{"kafka": table{"image": table{"tag": ""}}}, []string{"kafka:", "at '/image/tag': minLength: got 0, want 1"}},
		"rate":                {table{"generators": table{"logGenerator": table{"config": table{"rate": 0}}}}, []string{"generators:", "at '/logGenerator/config/rate': minimum: got 0, want 1"}},
		"level":               {table{"generators": table{"logGenerator": table{"config": table{"levels": "info:85"}}}}, []string{"generators:", "at '/logGenerator/config/levels': 'info:85' does not match pattern"}},
		"registry with slash": {table{"global": table{"imageRegistry": "https://r.example.com"}}, []string{"sluice:", "at '/global/imageRegistry': 'https://r.example.com' does not match pattern"}},
		"retention mode":      {table{"elasticsearch": table{"retention": table{"mode": "curator"}}}, []string{"elasticsearch:", "at '/retention/mode': value must be one of 'cronjob', 'ilm', 'none'"}},
		"schedule":            {table{"elasticsearch": table{"retention": table{"schedule": "daily"}}}, []string{"elasticsearch:", "at '/retention/schedule': 'daily' does not match pattern"}},
		"refresh interval":    {table{"elasticsearch": table{"setup": table{"config": table{"refreshInterval": "-1"}}}}, []string{"elasticsearch:", "at '/setup/config/refreshInterval': '-1' does not match pattern"}},
		"kibana's heap":       {table{"kibana": table{"config": table{"heapMegabytes": 100}}}, []string{"kibana:", "at '/config/heapMegabytes': minimum: got 100, want 512"}},
		"two Grafanas":        {table{"grafana": table{"replicas": 2}}, []string{"grafana:", "at '/replicas': maximum: got 2, want 1"}},
		"Grafana's URL":       {table{"grafana": table{"config": table{"rootUrl": "grafana.example.com"}}}, []string{"grafana:", "at '/config/rootUrl': 'grafana.example.com' does not match pattern"}},
		"URL with a slash":    {table{"kibana": table{"config": table{"publicBaseUrl": "https://k.example.com/"}}}, []string{"kibana:", "at '/config/publicBaseUrl': 'https://k.example.com/' does not match pattern"}},
		"index in capitals":   {table{"global": table{"index": "Logs"}}, []string{"sluice:", "at '/global/index': 'Logs' does not match pattern"}},
		"pull policy":         {table{"global": table{"imagePullPolicy": "Sometimes"}}, []string{"sluice:", "value must be one of 'Always', 'IfNotPresent', 'Never'"}},
		"too many copies": {table{"kafka": table{"config": table{"replicationFactor": 3}}},
			[]string{"kafka.config.replicationFactor is 3, but there are only 1 brokers: set it to 1, or raise kafka.replicas"}},
		"impossible minimum": {table{"kafka": table{"config": table{"minInSyncReplicas": 2}}},
			[]string{"kafka.config.minInSyncReplicas is 2, more than kafka.config.replicationFactor (1)"}},
	} {
		t.Run(name, func(t *testing.T) {
			stack := Preset("dev")
			stack.Set = test.set
			_, err := stack.Render()
			require.Error(t, err)
			for _, want := range test.want {
				assert.Contains(t, err.Error(), want)
			}
		})
	}
}

// A value without a schema could be misspelt, and a schema without a value means nothing.
func TestSchemasKnowTheValues(t *testing.T) {
	for _, chart := range charts(t) {
		t.Run(chart.name, func(t *testing.T) {
			schema := table{}
			require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(chart.dir, "values.schema.json"))), &schema))
			compareKeys(t, chart.values, schema, schema["definitions"], "")
		})
	}
}

// freeKeys have no fixed content, or one that is the same for all and optional.
var freeKeys = []string{"pod", "ports", "resources", "lib", "monitorLabels"}

func compareKeys(t *testing.T, values, schema table, definitions any, at string) {
	if name, ok := schema["$ref"].(string); ok {
		schema = definitions.(table)[strings.TrimPrefix(name, "#/definitions/")].(table)
	}
	properties, ok := schema["properties"].(table)
	if !ok {
		return // a sub-chart's own schema says more
	}
	assert.Equal(t, false, schema["additionalProperties"], "%s: a misspelt key must be refused", at)
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(properties)), func(key string) bool {
		_, set := values[key]
		return !set && at == "" && slices.Contains([]string{"enabled", "global", "lib"}, key) // Helm's own
	})
	assert.Equal(t, want, slices.Sorted(maps.Keys(values)), "keys of the schema and of values.yaml at %q", at)
	for key, value := range values {
		if value, ok := value.(table); ok && !slices.Contains(freeKeys, key) {
			compareKeys(t, value, properties[key].(table), definitions, at+"/"+key)
		}
	}
}

// chartDir is a chart of the umbrella, or the umbrella, that has values.
type chartDir struct {
	name, dir string // dir is absolute
	values    table
}

// key is where the umbrella's values have those of the chart.
func (c chartDir) key() string {
	if c.name == "otel-collector" {
		return "otelCollector" // its alias in Chart.yaml: a template can't say .Values.otel-collector
	}
	return c.name
}

// charts finds every chart with values.
func charts(t *testing.T) []chartDir {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "charts", "sluice", "charts", "*", "values.yaml"))
	require.NoError(t, err)
	var found []chartDir
	for _, file := range append(files, filepath.Join(root, "charts", "sluice", "values.yaml")) {
		chart := chartDir{name: filepath.Base(filepath.Dir(file)), dir: filepath.Dir(file), values: table{}}
		require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, file)), &chart.values), file)
		found = append(found, chart)
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(content)
}
