package test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/ini.v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sluice/dashboards"
	"sluice/internal/state"
)

// No image of Grafana is on a sealed machine. What can be known of its files without it is checked here; its expressions
// are in promql_test.go.

// dashboardFile is what the checks below need of Grafana's format.
type dashboardFile struct {
	UID, Title string
	Links      []link
	Panels     []struct {
		ID                       int
		Type, Title, Description string
		GridPos                  struct{ X, Y, W, H int }
		Datasource               uidOnly
		Links                    []link
		Targets                  []struct{ Datasource uidOnly }
		FieldConfig              struct{ Defaults struct{ Unit string } }
	}
	Templating struct {
		List []struct {
			Name       string
			Datasource uidOnly
		}
	}
}

type uidOnly struct{ UID string }

type link struct{ Type, URL string }

// units are those of Grafana that the dashboards use: packages/grafana-data/src/valueFormats/categories.ts.
var units = []string{"none", "short", "percent", "percentunit", "bytes", "mbytes", "Bps", "s", "ms", "eps", "ops", "reqps"}

func TestDashboardsHoldTogether(t *testing.T) {
	objects := presetObjects(t, "dev")
	sources := datasourceUIDs(t, objects)
	files := named[*corev1.ConfigMap](t, objects, "sluice-grafana-dashboards").Data
	require.Len(t, files, len(dashboards.All()))
	uids := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var d dashboardFile
		require.NoError(t, json.Unmarshal([]byte(files[name]), &d), name)
		assert.False(t, uids[d.UID], "two dashboards have the uid %s", d.UID)
		uids[d.UID] = true
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		t.Run(name, func(t *testing.T) {
			var d dashboardFile
			require.NoError(t, json.Unmarshal([]byte(files[name]), &d))
			taken, ids := map[[2]int]string{}, map[int]bool{}
			variables := map[string]bool{}
			for _, v := range d.Templating.List {
				variables[v.Name] = false
				assert.True(t, sources[v.Datasource.UID], "the variable %s asks a data source %q", v.Name, v.Datasource.UID)
			}
			for _, p := range d.Panels {
				assert.False(t, ids[p.ID], "two panels have the id %d", p.ID)
				ids[p.ID] = true
				g := p.GridPos
				assert.True(t, g.X >= 0 && g.X+g.W <= 24, "%s reaches beyond the 24 columns", p.Title)
				for x := g.X; x < g.X+g.W; x++ {
					for y := g.Y; y < g.Y+g.H; y++ {
						assert.Empty(t, taken[[2]int{x, y}], "%s lies on another panel", p.Title)
						taken[[2]int{x, y}] = p.Title
					}
				}
				assert.NotEmpty(t, p.Title, "panel %d", p.ID)
				if p.Type == "row" {
					continue
				}
				assert.NotEmpty(t, p.Description, p.Title)
				assert.Contains(t, units, p.FieldConfig.Defaults.Unit, p.Title)
				assert.NotEmpty(t, p.Targets, p.Title)
				assert.True(t, sources[p.Datasource.UID], "%s: no data source has the uid %q", p.Title, p.Datasource.UID)
				for _, target := range p.Targets {
					assert.Equal(t, p.Datasource.UID, target.Datasource.UID, p.Title)
				}
				for _, l := range p.Links {
					uid := strings.TrimPrefix(strings.Split(l.URL, "?")[0], "/d/")
					assert.True(t, uids[uid], "%s leads to %s, which is no dashboard", p.Title, l.URL)
				}
			}
			for _, used := range regexp.MustCompile(`\$\{?([a-z]\w*)`).FindAllStringSubmatch(files[name], -1) {
				_, known := variables[used[1]]
				assert.True(t, known, "there is no variable %s", used[1])
				variables[used[1]] = true
			}
			for variable, used := range variables {
				assert.True(t, used, "nothing uses the variable %s", variable)
			}
		})
	}
}

// datasourceUIDs are the uids of the provisioned data sources. A key that Grafana does not know fails the test.
func datasourceUIDs(t *testing.T, objects []object) map[string]bool {
	t.Helper()
	var file struct {
		APIVersion  int  `json:"apiVersion"`
		Prune       bool `json:"prune"`
		Datasources []struct {
			Name      string `json:"name"`
			UID       string `json:"uid"`
			Type      string `json:"type"`
			Access    string `json:"access"`
			URL       string `json:"url"`
			IsDefault bool   `json:"isDefault"`
			Editable  bool   `json:"editable"`
			JSONData  table  `json:"jsonData"`
		} `json:"datasources"`
	}
	content := named[*corev1.ConfigMap](t, objects, "sluice-grafana-datasources").Data["sluice.yaml"]
	require.NoError(t, yaml.UnmarshalStrict([]byte(content), &file))
	known := map[string][]string{
		"prometheus":    {"httpMethod", "prometheusType", "timeInterval"},
		"alertmanager":  {"implementation", "handleGrafanaManagedAlerts"},
		"elasticsearch": {"index", "timeField", "logMessageField", "logLevelField", "tlsAuthWithCACert"},
	}
	uids, defaults := map[string]bool{}, 0
	for _, d := range file.Datasources {
		assert.False(t, uids[d.UID], "two data sources have the uid %s", d.UID)
		uids[d.UID] = true
		if d.IsDefault {
			defaults++
		}
		for key := range d.JSONData {
			assert.Contains(t, known[d.Type], key, "data source %s of type %s", d.Name, d.Type)
		}
		if d.Type == "elasticsearch" {
			assert.Equal(t, "@timestamp", d.JSONData["timeField"], d.Name)
			assert.True(t, strings.HasPrefix(d.JSONData["index"].(string), "dev-logs-index"), d.Name)
		}
	}
	assert.Equal(t, 1, file.APIVersion)
	assert.Equal(t, 1, defaults, "default data sources")
	return uids
}

func TestDashboardProviderReadsTheMountedFolder(t *testing.T) {
	objects := presetObjects(t, "dev")
	var file struct {
		APIVersion int `json:"apiVersion"`
		Providers  []struct {
			Name                  string `json:"name"`
			Folder                string `json:"folder"`
			Type                  string `json:"type"`
			AllowUIUpdates        bool   `json:"allowUiUpdates"`
			DisableDeletion       bool   `json:"disableDeletion"`
			UpdateIntervalSeconds int    `json:"updateIntervalSeconds"`
			Options               struct {
				Path string `json:"path"`
			} `json:"options"`
		} `json:"providers"`
	}
	content := named[*corev1.ConfigMap](t, objects, "sluice-grafana-providers").Data["sluice.yaml"]
	require.NoError(t, yaml.UnmarshalStrict([]byte(content), &file))
	require.Len(t, file.Providers, 1)

	container := named[*appsv1.Deployment](t, objects, "sluice-grafana").Spec.Template.Spec.Containers[0]
	mounted := map[string]string{}
	for _, m := range container.VolumeMounts {
		mounted[m.Name] = m.MountPath
	}
	assert.Equal(t, mounted["dashboards"], file.Providers[0].Options.Path)
	home := grafanaIni(t, objects).Section("dashboards").Key("default_home_dashboard_path").String()
	assert.Equal(t, mounted["dashboards"], filepath.Dir(home))
	assert.Contains(t, named[*corev1.ConfigMap](t, objects, "sluice-grafana-dashboards").Data, filepath.Base(home))
}

// iniKeys are those of conf/defaults.ini of Grafana 12 that the chart sets: it ignores what it does not know.
var iniKeys = map[string][]string{
	"server":           {"http_port", "root_url"},
	"auth.anonymous":   {"enabled", "org_role"},
	"users":            {"allow_sign_up"},
	"unified_alerting": {"enabled"},
	"dashboards":       {"default_home_dashboard_path", "min_refresh_interval"},
	"analytics":        {"reporting_enabled", "check_for_updates", "check_for_plugin_updates", "feedback_links_enabled"},
	"news":             {"news_feed_enabled"},
	"security":         {"disable_gravatar"},
	"snapshots":        {"external_enabled"},
	"plugins":          {"preinstall_disabled", "plugin_admin_enabled", "public_key_retrieval_disabled"},
	"log.console":      {"format"},
}

func TestGrafanaIni(t *testing.T) {
	for _, section := range grafanaIni(t, with(t, "dev", table{"grafana": table{"config": table{"rootUrl": "https://g.example.com/"}}})).Sections() {
		if section.Name() == ini.DefaultSection {
			assert.Empty(t, section.Keys(), "keys before the first section")
			continue
		}
		assert.NotEmpty(t, section.Keys(), "[%s] is empty", section.Name())
		for _, key := range section.Keys() {
			assert.Contains(t, iniKeys[section.Name()], key.Name(), "[%s]", section.Name())
		}
	}
	for preset, want := range map[string]bool{"dev": true, "prod": false} {
		got, err := grafanaIni(t, presetObjects(t, preset)).Section("auth.anonymous").Key("enabled").Bool()
		require.NoError(t, err)
		assert.Equal(t, want, got, "%s: whether people see dashboards without a password", preset)
	}
}

func grafanaIni(t *testing.T, objects []object) *ini.File {
	t.Helper()
	file, err := ini.Load([]byte(named[*corev1.ConfigMap](t, objects, "sluice-grafana").Data["grafana.ini"]))
	require.NoError(t, err)
	return file
}

// Passwords are made or brought along, and are in no ConfigMap, argument or variable.
func TestGrafanaPassword(t *testing.T) {
	objects := with(t, "prod", nil)
	secret := named[*corev1.Secret](t, objects, "sluice-grafana")
	assert.Equal(t, "admin", string(secret.Data["admin-user"]))
	assert.Len(t, secret.Data["admin-password"], 32)
	for _, o := range objects {
		if _, ok := o.(*corev1.Secret); !ok {
			assert.NotContains(t, fmt.Sprintf("%+v", o), string(secret.Data["admin-password"]), title(o))
		}
	}

	objects = with(t, "prod", table{"grafana": table{"config": table{"existingSecret": "mine"}}})
	for _, o := range of[*corev1.Secret](objects) {
		assert.NotEqual(t, "sluice-grafana", o.Name, "no password is made beside the one that is there")
	}
	for _, name := range []string{"sluice-grafana", "sluice-grafana-test"} {
		for _, w := range workloads(objects) {
			if w.GetName() == name {
				at := slices.IndexFunc(w.template.Spec.Volumes, func(v corev1.Volume) bool { return v.Secret != nil })
				assert.Equal(t, "mine", w.template.Spec.Volumes[at].Secret.SecretName, title(w))
			}
		}
	}
}

// Without a volume Grafana is a Deployment that forgets; with one, a StatefulSet whose claim takes the place.
func TestGrafanaStorage(t *testing.T) {
	objects := with(t, "dev", table{"grafana": table{"storage": table{"size": "1Gi"}}})
	set := named[*appsv1.StatefulSet](t, objects, "sluice-grafana")
	assert.Equal(t, "data", set.Spec.VolumeClaimTemplates[0].Name)
	for _, v := range set.Spec.Template.Spec.Volumes {
		assert.NotEqual(t, "data", v.Name, "an emptyDir would hide the claim")
	}
}

// Graphs take steps no shorter than Prometheus' own.
func TestGrafanaKnowsTheScrapeInterval(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	for _, preset := range presets {
		values, err := Preset(preset).values(root)
		require.NoError(t, err)
		interval := func(sub string) string {
			for _, chart := range charts(t) {
				if chart.name == sub {
					own, _ := values[sub].(table)
					set, _ := own["config"].(table)
					if set["scrapeInterval"] != nil {
						return set["scrapeInterval"].(string)
					}
					return chart.values["config"].(table)["scrapeInterval"].(string)
				}
			}
			return ""
		}
		assert.Equal(t, interval("prometheus"), interval("grafana"), "%s: prometheus.config.scrapeInterval and grafana.config.scrapeInterval", preset)
	}
}

// withoutDashboards leaves out of a golden what stands in files as it is; TestDashboardsHoldTogether reads it.
func withoutDashboards(manifest string) string {
	if !strings.Contains(manifest, "\n  name: sluice-grafana-dashboards\n") {
		return manifest
	}
	before, _, _ := strings.Cut(manifest, "\ndata:\n")
	return before + "\ndata: (" + dashboardFiles + ")"
}
