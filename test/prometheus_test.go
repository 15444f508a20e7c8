package test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/state"
)

type alert struct {
	Alert               string
	Labels, Annotations map[string]string
}

// alerts are those of the rule files.
func alerts(t *testing.T) []alert {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "charts/sluice/charts/prometheus/files/rules/*.yaml"))
	require.NoError(t, err)
	var found []alert
	for _, file := range files {
		var rules struct{ Groups []struct{ Rules []alert } }
		require.NoError(t, yaml.Unmarshal([]byte(read(t, file)), &rules), file)
		for _, group := range rules.Groups {
			for _, rule := range group.Rules {
				if rule.Alert != "" {
					found = append(found, rule)
				}
			}
		}
	}
	require.NotEmpty(t, found)
	return found
}

// Whoever is called finds what the alert means; a section without an alert is about nothing.
func TestAlertsHaveTheirRunbooks(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	var sections []string
	for _, match := range regexp.MustCompile(`(?m)^### (\w+)$`).FindAllStringSubmatch(read(t, filepath.Join(root, "docs", "operations.md")), -1) {
		sections = append(sections, match[1])
	}
	var names []string
	for _, a := range alerts(t) {
		names = append(names, a.Alert)
		assert.Contains(t, []string{"critical", "warning", "info", "none"}, a.Labels["severity"], "severity of %s: Alertmanager routes by it", a.Alert)
		assert.NotEmpty(t, a.Labels["component"], "%s needs the label component: criticals silence the warnings of theirs", a.Alert)
		assert.NotEmpty(t, a.Annotations["summary"], a.Alert)
		assert.NotEmpty(t, a.Annotations["description"], a.Alert)
		assert.Equal(t, "docs/operations.md#"+strings.ToLower(a.Alert), a.Annotations["runbook_url"], a.Alert)
	}
	slices.Sort(names)
	slices.Sort(sections)
	assert.Equal(t, names, sections, "alerts, and the sections (###) of docs/operations.md")
}

// Each alert has been seen to fire and not to fire; `go run ./test/tiers --only rules` runs these tests.
func TestAlertsHaveTheirTests(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "test", "rules", "*_test.yaml"))
	require.NoError(t, err)
	fires, rests := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		var content struct {
			Tests []struct {
				AlertRuleTest []struct {
					Alertname string
					ExpAlerts []any `json:"exp_alerts"`
				} `json:"alert_rule_test"`
			}
		}
		require.NoError(t, yaml.Unmarshal([]byte(read(t, file)), &content), file)
		for _, test := range content.Tests {
			for _, expected := range test.AlertRuleTest {
				if len(expected.ExpAlerts) > 0 {
					fires[expected.Alertname] = true
				} else {
					rests[expected.Alertname] = true
				}
			}
		}
	}
	for _, a := range alerts(t) {
		assert.True(t, fires[a.Alert], "%s never fires in test/rules", a.Alert)
		if a.Alert != "Watchdog" { // always on
			assert.True(t, rests[a.Alert], "%s is never quiet in test/rules", a.Alert)
		}
	}
}

// The rule files stand there with the default names, which the chart replaces.
func TestRulesAreForThisInstallation(t *testing.T) {
	objects := with(t, "prod", table{"prometheus": table{"config": table{"runbookBase": "https://wiki.example.com/runbooks"}}})
	var all strings.Builder
	for _, content := range named[*corev1.ConfigMap](t, objects, "sluice-prometheus-rules").Data {
		all.WriteString(content)
	}
	assert.Contains(t, all.String(), `topic="prod-logs-topic"`)
	assert.Contains(t, all.String(), `index=~"prod-logs-index.*"`)
	assert.NotContains(t, all.String(), `"logs-topic"`)
	assert.NotContains(t, all.String(), "docs/operations.md")
	assert.Contains(t, all.String(), "runbook_url: https://wiki.example.com/runbooks#nologs")
	assert.Contains(t, all.String(), "{{ $labels.topic }}", "Prometheus' own templates are left to it")
}

type receiver struct {
	Name    string
	Webhook []map[string]any `json:"webhook_configs"`
	Slack   []map[string]any `json:"slack_configs"`
	Email   []map[string]any `json:"email_configs"`
}

func receivers(t *testing.T, config table) (map[string]receiver, []object) {
	t.Helper()
	objects := with(t, "dev", table{"prometheus": table{"alertmanager": table{"config": config}}})
	var content struct{ Receivers []receiver }
	require.NoError(t, yaml.Unmarshal([]byte(named[*corev1.ConfigMap](t, objects, "sluice-alertmanager").Data["alertmanager.yml"]), &content))
	found := map[string]receiver{}
	for _, r := range content.Receivers {
		found[r.Name] = r
	}
	return found, objects
}

// With nothing configured alerts are kept in sight and told to nobody.
func TestNoReceiversByDefault(t *testing.T) {
	found, objects := receivers(t, nil)
	for _, name := range []string{"ui", "critical", "warning", "info", "none"} {
		assert.Equal(t, receiver{Name: name}, found[name])
	}
	for _, v := range named[*appsv1.StatefulSet](t, objects, "sluice-alertmanager").Spec.Template.Spec.Volumes {
		assert.Nil(t, v.Secret)
	}
}

func TestReceivers(t *testing.T) {
	found, objects := receivers(t, table{
		"existingSecret": "my-receivers",
		"webhook":        table{"severities": []any{"critical", "none"}},
		"slack":          table{"severities": []any{"critical", "warning"}, "channel": "#ops"},
		"email":          table{"severities": []any{"info"}, "to": "a@example.com", "from": "b@example.com", "smarthost": "mail.example.com:587", "username": "b"},
	})
	kinds := func(r receiver) string { return fmt.Sprint(len(r.Webhook), len(r.Slack), len(r.Email)) }
	assert.Equal(t, "1 1 0", kinds(found["critical"]))
	assert.Equal(t, "0 1 0", kinds(found["warning"]))
	assert.Equal(t, "0 0 1", kinds(found["info"]))
	assert.Equal(t, "1 0 0", kinds(found["none"]))
	assert.Equal(t, "/etc/secrets/webhook-url", found["critical"].Webhook[0]["url_file"])
	assert.Equal(t, "/etc/secrets/slack-url", found["critical"].Slack[0]["api_url_file"])
	assert.Equal(t, "#ops", found["critical"].Slack[0]["channel"])
	config := named[*corev1.ConfigMap](t, objects, "sluice-alertmanager").Data["alertmanager.yml"]
	assert.Contains(t, config, "smtp_auth_password_file: /etc/secrets/smtp-password")
	var mounted string
	for _, v := range named[*appsv1.StatefulSet](t, objects, "sluice-alertmanager").Spec.Template.Spec.Volumes {
		if v.Secret != nil {
			mounted = v.Secret.SecretName
		}
	}
	assert.Equal(t, "my-receivers", mounted)
}

func TestReceiversNeedTheirSettings(t *testing.T) {
	for want, config := range map[string]table{
		"prometheus.alertmanager.config.existingSecret must name a Secret with the keys: webhook-url, slack-url": {
			"webhook": table{"severities": []any{"critical"}}, "slack": table{"severities": []any{"critical"}}},
		"existingSecret must name a Secret with the keys: smtp-password":                                           {"email": table{"severities": []any{"info"}, "username": "b"}},
		"prometheus.alertmanager.config.email.to must be set, since email.severities is":                           {"email": table{"severities": []any{"info"}}},
		"at '/alertmanager/config/slack/severities/0': value must be one of 'critical', 'warning', 'info', 'none'": {"slack": table{"severities": []any{"fatal"}}},
		"at '/alertmanager/config/email/smarthost': 'mail.example.com' does not match pattern":                     {"email": table{"smarthost": "mail.example.com"}},
	} {
		stack := Preset("dev")
		stack.Set = table{"prometheus": table{"alertmanager": table{"config": config}}}
		_, err := stack.Render()
		assert.ErrorContains(t, err, want)
	}
}

// One alone needs no peers; several are told of each other by the names of their pods.
func TestAlertmanagersFormACluster(t *testing.T) {
	args := func(replicas int) []string {
		objects := with(t, "dev", table{"prometheus": table{"alertmanager": table{"replicas": replicas}}})
		return named[*appsv1.StatefulSet](t, objects, "sluice-alertmanager").Spec.Template.Spec.Containers[0].Args
	}
	assert.Contains(t, args(1), "--cluster.listen-address=")
	assert.Subset(t, args(2), []string{
		"--cluster.listen-address=0.0.0.0:9094",
		"--cluster.peer=sluice-alertmanager-0.sluice-alertmanager-headless.sluice.svc.cluster.local:9094",
		"--cluster.peer=sluice-alertmanager-1.sluice-alertmanager-headless.sluice.svc.cluster.local:9094",
	})
}

// Changed rules restart Prometheus, and nothing else.
func TestRulesRestartPrometheus(t *testing.T) {
	sum := func(objects []object, name string) string {
		return named[*appsv1.StatefulSet](t, objects, name).Spec.Template.Annotations["checksum/config"]
	}
	before, after := presetObjects(t, "dev"), with(t, "dev", table{"prometheus": table{"config": table{"runbookBase": "x"}}})
	assert.NotEqual(t, sum(before, "sluice-prometheus"), sum(after, "sluice-prometheus"))
	assert.Equal(t, sum(before, "sluice-alertmanager"), sum(after, "sluice-alertmanager"))
}
