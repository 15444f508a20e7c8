package test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// No image of Kibana is on a sealed machine. What can be known without it is checked here: that its saved objects
// hold together, and ask for nothing that the indices have not.

type savedObject struct {
	ID                   string
	Type                 string
	CoreMigrationVersion string
	TypeMigrationVersion string
	Attributes           table
	References           []reference
}

type reference struct{ Name, Type, ID string }

// savedObjects are those of a rendering, in the order of the files' names and lines. A line that is no JSON object,
// or has a key that Kibana does not take, fails the test.
func savedObjects(t *testing.T, objects []object) []savedObject {
	t.Helper()
	files := named[*corev1.ConfigMap](t, objects, "sluice-kibana-import").Data
	var found []savedObject
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".ndjson") {
			continue
		}
		for i, line := range strings.Split(strings.TrimSuffix(files[name], "\n"), "\n") {
			decoder := json.NewDecoder(strings.NewReader(line))
			decoder.DisallowUnknownFields()
			var o savedObject
			require.NoError(t, decoder.Decode(&o), "%s, line %d", name, i+1)
			require.ErrorIs(t, decoder.Decode(new(any)), io.EOF, "%s, line %d: more than one object", name, i+1)
			found = append(found, o)
		}
	}
	require.NotEmpty(t, found)
	return found
}

func (o savedObject) title() string { return o.Type + " " + o.ID }

// view is the id of the data view that an object's searchSourceJSON, or its visualization, refers to.
func (o savedObject) view() string {
	for _, r := range o.References {
		if r.Type == "index-pattern" {
			return r.ID
		}
	}
	return ""
}

// nested parses an attribute that is JSON in a string.
func (o savedObject) nested(t *testing.T, attribute string, into any) {
	t.Helper()
	text, ok := at(o.Attributes, attribute).(string)
	require.True(t, ok, "%s has no %s", o.title(), attribute)
	require.NoError(t, json.Unmarshal([]byte(text), into), "%s: %s", o.title(), attribute)
}

// at is the value at a dotted path; nil if there is none.
func at(tree any, path string) any {
	for _, key := range strings.Split(path, ".") {
		node, _ := tree.(table)
		tree = node[key]
	}
	return tree
}

// nestedJSON are the attributes that hold JSON in a string, by type.
var nestedJSON = map[string][]string{
	"index-pattern": {"fields", "sourceFilters", "fieldFormatMap"},
	"search":        {"kibanaSavedObjectMeta.searchSourceJSON"},
	"visualization": {"visState", "uiStateJSON", "kibanaSavedObjectMeta.searchSourceJSON"},
	"dashboard":     {"panelsJSON", "optionsJSON", "kibanaSavedObjectMeta.searchSourceJSON"},
}

// newest are the versions of the formats that the files are written in. Kibana migrates older ones, and refuses newer ones:
// 8.8.0 and 8.0.0 are what its own sample data, of the whole 8 series, is written in.
const newestCore, newestType = "8.8.0", "8.0.0"

func TestSavedObjectsHoldTogether(t *testing.T) {
	for _, preset := range presets {
		t.Run(preset, func(t *testing.T) {
			objects := savedObjects(t, presetObjects(t, preset))
			known := map[string]bool{}
			for _, o := range objects {
				assert.False(t, known[o.title()], "%s is there twice", o.title())
				known[o.title()] = true
			}
			for _, o := range objects {
				assert.Equal(t, newestCore, o.CoreMigrationVersion, o.title())
				assert.Equal(t, newestType, o.TypeMigrationVersion, o.title())
				assert.True(t, strings.HasPrefix(o.ID, "sluice-"), "%s: the id must not be someone else's", o.title())
				require.Contains(t, nestedJSON, o.Type, o.title())
				assert.NotEmpty(t, o.Attributes["title"], o.title())
				texts := string(mustJSON(t, o.Attributes))
				for _, attribute := range nestedJSON[o.Type] {
					var content any
					o.nested(t, attribute, &content)
					texts += string(mustJSON(t, content))
				}
				names := map[string]bool{}
				for _, r := range o.References {
					assert.True(t, known[r.Type+" "+r.ID], "%s refers to the %s %s, which is in no file", o.title(), r.Type, r.ID)
					assert.False(t, names[r.Name], "%s has two references %s", o.title(), r.Name)
					names[r.Name] = true
				}
				// Each name that the attributes use is one of the references, and none is left over.
				used := map[string]bool{}
				for _, match := range regexp.MustCompile(`"(?:indexRefName|index_pattern_ref_name)":"([^"]+)"`).FindAllStringSubmatch(texts, -1) {
					used[match[1]] = true
				}
				for _, match := range regexp.MustCompile(`"panelIndex":"([^"]+)","panelRefName":"([^"]+)"`).FindAllStringSubmatch(texts, -1) {
					used[match[1]+":"+match[2]] = true
				}
				assert.Equal(t, names, used, "references of %s", o.title())
			}
		})
	}
}

// A panel is of the type of the object that it shows, and lies on the grid of 48 columns beside the others.
func TestDashboardPanels(t *testing.T) {
	shown := map[string]bool{}
	all := savedObjects(t, presetObjects(t, "dev"))
	for _, o := range all {
		if o.Type != "dashboard" {
			continue
		}
		var panels []struct {
			Type, PanelIndex, PanelRefName string
			GridData                       struct {
				X, Y, W, H int
				I          string
			}
		}
		o.nested(t, "panelsJSON", &panels)
		types, taken := map[string]string{}, map[[2]int]string{}
		for _, r := range o.References {
			types[r.Name] = r.Type
			shown[r.Type+" "+r.ID] = true
		}
		for _, p := range panels {
			assert.Equal(t, types[p.PanelIndex+":"+p.PanelRefName], p.Type, "panel %s", p.PanelIndex)
			assert.Equal(t, p.PanelIndex, p.GridData.I)
			assert.LessOrEqual(t, p.GridData.X+p.GridData.W, 48, "panel %s", p.PanelIndex)
			for x := range p.GridData.W {
				for y := range p.GridData.H {
					place := [2]int{p.GridData.X + x, p.GridData.Y + y}
					assert.Empty(t, taken[place], "panel %s lies upon another", p.PanelIndex)
					taken[place] = p.PanelIndex
				}
			}
		}
	}
	for _, o := range all {
		assert.True(t, o.Type != "visualization" || shown[o.title()], "%s is on no dashboard", o.title())
	}
}

// viewTemplates are the index templates behind each data view.
var viewTemplates = map[string]string{"sluice-logs": "logs", "sluice-anomalies": "anomalies", "sluice-dead-letter": "dead-letter"}

func TestDataViewsNameTheAliases(t *testing.T) {
	for _, preset := range presets {
		objects := presetObjects(t, preset)
		templates, index := indexTemplates(t, objects), variable(t, objects, "INDEX")
		titles := map[string]any{}
		for _, o := range savedObjects(t, objects) {
			if o.Type != "index-pattern" {
				continue
			}
			titles[o.ID] = o.Attributes["title"]
			fields := templates[viewTemplates[o.ID]].fields()
			assert.Equal(t, "date", fields[o.Attributes["timeFieldName"].(string)], "the time field of %s", o.ID)
			assert.Equal(t, true, o.Attributes["allowNoIndex"], "%s is imported before there are events", o.ID)
			formats := table{}
			o.nested(t, "fieldFormatMap", &formats)
			for field := range formats {
				assert.Contains(t, fields, field, "a format of %s", o.ID)
			}
		}
		assert.Equal(t, map[string]any{"sluice-logs": index, "sluice-anomalies": index + "-anomalies", "sluice-dead-letter": index + "-dead-letter"}, titles)
	}
}

// unindexed are fields that a table may show out of _source all the same.
var unindexed = []string{"event.original"}

func TestSearchesShowFieldsThatAreThere(t *testing.T) {
	templates := indexTemplates(t, presetObjects(t, "dev"))
	for _, o := range savedObjects(t, presetObjects(t, "dev")) {
		if o.Type != "search" {
			continue
		}
		fields := templates[viewTemplates[o.view()]].fields()
		for _, column := range o.Attributes["columns"].([]any) {
			assert.True(t, fields[column.(string)] != "" || slices.Contains(unindexed, column.(string)), "%s has the column %s", o.title(), column)
		}
		for _, sort := range o.Attributes["sort"].([]any) {
			assert.Contains(t, []string{"date", "long"}, fields[sort.([]any)[0].(string)], "%s is sorted by %s", o.title(), sort)
		}
		checkQuery(t, o, fields)
	}
}

// checkQuery checks a KQL query's fields against the index.
func checkQuery(t *testing.T, o savedObject, fields map[string]string) {
	t.Helper()
	var source struct {
		Query struct{ Query, Language string }
	}
	o.nested(t, "kibanaSavedObjectMeta.searchSourceJSON", &source)
	checkKQL(t, o, source.Query.Query, source.Query.Language, fields)
}

func checkKQL(t *testing.T, o savedObject, query, language string, fields map[string]string) {
	t.Helper()
	assert.Equal(t, "kuery", language, o.title())
	matches := regexp.MustCompile(`([\w.@]+) :`).FindAllStringSubmatch(query, -1)
	assert.True(t, query == "" || len(matches) > 0, "%s: no field in %q", o.title(), query)
	for _, match := range matches {
		assert.Equal(t, "keyword", fields[match[1]], "%s asks for %s", o.title(), match[1])
	}
}

// aggregations are those that may be used, with the types of field that Elasticsearch takes for each.
var aggregations = map[string][]string{
	"count":          {""},
	"date_histogram": {"date"},
	"terms":          {"keyword", "long", "integer", "short"},
	"percentiles":    {"long", "double"},
	"avg":            {"long", "double"},
	"max":            {"long", "double"},
}

type visState struct {
	Title, Type string
	Aggs        []struct {
		ID, Type, Schema string
		Params           struct{ Field, OrderBy string }
	}
	Params struct {
		Type         string
		TimeField    string `json:"time_field"`
		SeriesParams []struct{ Data struct{ ID string } }
		Series       []struct {
			TermsField string `json:"terms_field"`
			SplitMode  string `json:"split_mode"`
			Metrics    []struct {
				Type                   string
				Numerator, Denominator struct{ Query, Language string }
			}
		}
	}
}

func TestVisualizationsAskForFieldsThatCanBeAggregated(t *testing.T) {
	templates := indexTemplates(t, presetObjects(t, "dev"))
	found := 0
	for _, o := range savedObjects(t, presetObjects(t, "dev")) {
		if o.Type != "visualization" {
			continue
		}
		found++
		var state visState
		o.nested(t, "visState", &state)
		assert.Equal(t, o.Attributes["title"], state.Title, o.title())
		require.NotEmpty(t, viewTemplates[o.view()], "the data view of %s", o.title())
		fields := templates[viewTemplates[o.view()]].fields()
		checkQuery(t, o, fields)
		switch state.Type {
		case "histogram", "line", "area":
			checkAggregations(t, o, state, fields)
		case "metrics":
			checkSeries(t, o, state, fields)
		default:
			assert.Fail(t, "unknown type", "%s is a %s", o.title(), state.Type)
		}
	}
	assert.NotZero(t, found)
}

// checkAggregations checks a chart that is made of aggregations.
func checkAggregations(t *testing.T, o savedObject, state visState, fields map[string]string) {
	t.Helper()
	assert.Equal(t, state.Type, state.Params.Type, o.title())
	ids, schemas := map[string]string{}, map[string]int{}
	for _, agg := range state.Aggs {
		require.Contains(t, aggregations, agg.Type, o.title())
		assert.Contains(t, aggregations[agg.Type], fields[agg.Params.Field], "%s: %s of the field %q", o.title(), agg.Type, agg.Params.Field)
		assert.Empty(t, ids[agg.ID], "%s has two aggregations %s", o.title(), agg.ID)
		ids[agg.ID] = agg.Schema
		schemas[agg.Schema]++
	}
	assert.Equal(t, 1, schemas["metric"], o.title())
	assert.Equal(t, 1, schemas["segment"], o.title())
	assert.Equal(t, len(state.Aggs), schemas["metric"]+schemas["segment"]+schemas["group"], "schemas of %s", o.title())
	for _, agg := range state.Aggs {
		assert.True(t, agg.Params.OrderBy == "" || ids[agg.Params.OrderBy] == "metric", "%s is ordered by %s", o.title(), agg.Params.OrderBy)
	}
	for _, series := range state.Params.SeriesParams {
		assert.Equal(t, "metric", ids[series.Data.ID], "%s draws %s", o.title(), series.Data.ID)
	}
}

// checkSeries checks a chart of TSVB.
func checkSeries(t *testing.T, o savedObject, state visState, fields map[string]string) {
	t.Helper()
	assert.Equal(t, "timeseries", state.Params.Type, o.title())
	assert.Equal(t, "date", fields[state.Params.TimeField], o.title())
	require.NotEmpty(t, state.Params.Series, o.title())
	for _, series := range state.Params.Series {
		assert.Equal(t, "terms", series.SplitMode, o.title())
		assert.Equal(t, "keyword", fields[series.TermsField], "%s is split by %s", o.title(), series.TermsField)
		require.NotEmpty(t, series.Metrics, o.title())
		for _, metric := range series.Metrics {
			assert.Equal(t, "filter_ratio", metric.Type, o.title())
			checkKQL(t, o, metric.Numerator.Query, metric.Numerator.Language, fields)
			checkKQL(t, o, metric.Denominator.Query, metric.Denominator.Language, fields)
		}
	}
}

// kibanaSettings are the settings of 8.19 that kibana.yml may use. An unknown one, or a wrong type, ends Kibana at its start.
var kibanaSettings = map[string]any{
	"server.name": "", "server.host": "", "server.port": 0.0, "server.shutdownTimeout": "", "server.publicBaseUrl": "",
	"elasticsearch.hosts": []any{}, "path.data": "", "status.allowAnonymous": true,
	"xpack.encryptedSavedObjects.encryptionKey": "", "xpack.reporting.encryptionKey": "", "xpack.security.encryptionKey": "",
	// false only as long as telemetry.allowChangingOptInStatus is not.
	"telemetry.optIn": true, "newsfeed.enabled": true, "map.includeElasticMapsService": true,
}

func TestKibanaSettings(t *testing.T) {
	objects := with(t, "dev", table{"kibana": table{"config": table{"publicBaseUrl": "https://kibana.example.com"}}})
	settings := table{}
	content := named[*corev1.ConfigMap](t, objects, "sluice-kibana").Data["kibana.yml"]
	require.NoError(t, yaml.UnmarshalStrict([]byte(content), &settings))
	for key, value := range settings {
		if assert.Contains(t, kibanaSettings, key) {
			assert.IsType(t, kibanaSettings[key], value, key)
		}
	}
	assert.Equal(t, "https://kibana.example.com", settings["server.publicBaseUrl"])

	// Each ${…} is a variable of the container, which has it from the Secret.
	variables := map[string]bool{}
	for _, v := range named[*appsv1.Deployment](t, objects, "sluice-kibana").Spec.Template.Spec.Containers[0].Env {
		if v.ValueFrom != nil {
			variables["${"+v.Name+"}"] = true
		}
	}
	used := map[string]bool{}
	for _, match := range regexp.MustCompile(`: (\$\{\w+\})`).FindAllStringSubmatch(content, -1) {
		used[match[1]] = true
	}
	assert.Equal(t, variables, used)
}

func TestKibanaKeys(t *testing.T) {
	keys := func(objects []object) (string, []string) {
		var name string
		var found []string
		for _, v := range named[*appsv1.Deployment](t, objects, "sluice-kibana").Spec.Template.Spec.Containers[0].Env {
			if v.ValueFrom != nil {
				name = v.ValueFrom.SecretKeyRef.Name
				found = append(found, v.ValueFrom.SecretKeyRef.Key)
			}
		}
		slices.Sort(found)
		return name, found
	}
	objects := presetObjects(t, "dev")
	name, used := keys(objects)
	secret := named[*corev1.Secret](t, objects, name)
	assert.Equal(t, used, slices.Sorted(maps.Keys(secret.Data)))
	seen := map[string]bool{}
	for key, value := range secret.Data {
		assert.GreaterOrEqual(t, len(value), 32, "%s: Kibana takes no shorter one", key)
		assert.False(t, seen[string(value)], "%s: two keys are the same", key)
		seen[string(value)] = true
		// Nowhere else: not in a ConfigMap, an argument or a variable.
		for _, o := range objects {
			if o != object(secret) {
				assert.NotContains(t, string(mustJSON(t, o)), string(value), title(o))
				assert.NotContains(t, string(mustJSON(t, o)), base64.StdEncoding.EncodeToString(value), title(o))
			}
		}
	}

	objects = with(t, "dev", table{"kibana": table{"config": table{"existingSecret": "mine"}}})
	name, _ = keys(objects)
	assert.Equal(t, "mine", name)
	for _, o := range of[*corev1.Secret](objects) {
		assert.NotEqual(t, "sluice-kibana", o.Name)
	}
}

// Prometheus asks the exporter beside each Kibana for that Kibana, with a module that it has.
func TestKibanaIsScraped(t *testing.T) {
	objects := presetObjects(t, "dev")
	var prometheus struct {
		ScrapeConfigs []struct {
			JobName     string              `json:"job_name"`
			MetricsPath string              `json:"metrics_path"`
			Params      map[string][]string `json:"params"`
		} `json:"scrape_configs"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(named[*corev1.ConfigMap](t, objects, "sluice-prometheus").Data["prometheus.yml"]), &prometheus))
	var exporter struct{ Modules map[string]any }
	require.NoError(t, yaml.Unmarshal([]byte(named[*corev1.ConfigMap](t, objects, "sluice-kibana").Data["json-exporter.yml"]), &exporter))
	kibana := named[*appsv1.Deployment](t, objects, "sluice-kibana").Spec.Template.Spec.Containers[0]
	for _, job := range prometheus.ScrapeConfigs {
		if job.JobName != "kibana" {
			continue
		}
		assert.Equal(t, "/probe", job.MetricsPath)
		require.Len(t, job.Params["module"], 1)
		assert.Contains(t, exporter.Modules, job.Params["module"][0])
		assert.Equal(t, []string{fmt.Sprintf("http://localhost:%d%s", portOf(kibana, "http"), kibana.ReadinessProbe.HTTPGet.Path)}, job.Params["target"])
		return
	}
	assert.Fail(t, "no job kibana")
}
