package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// component is one that says itself how it is.
type component struct {
	name    string // of its Service, after the release's
	setting string // the value of the chart that switches it on
	port    int
	path    string
	// verdict asks url, and says in a few words how the component is, or what is wrong with it.
	verdict func(ctx context.Context, client *http.Client, url string) (string, error)
}

var components = []component{
	{"elasticsearch", "elasticsearch.enabled", 9200, "/_cluster/health", elasticsearchHealth},
	{"kibana", "kibana.enabled", 5601, "/api/status", kibanaStatus},
	{"prometheus", "prometheus.enabled", 9090, "/api/v1/rules", ruleHealth},
	{"alertmanager", "prometheus.alertmanager.enabled", 9093, "/api/v2/alerts?active=true&silenced=false&inhibited=false", activeAlerts},
	{"grafana", "grafana.enabled", 3000, "/api/health", grafanaHealth},
	{"spark-master", "spark.enabled", 8080, "/json/", sparkMaster},
	{"spark-history-server", "spark.enabled", 18080, "/api/v1/applications", sparkHistory},
}

// checkComponents asks every component for its own state.
func (r *run) checkComponents(ctx context.Context) []Check {
	checks := make([]Check, 0, len(components))
	for _, c := range components {
		if !slices.Contains(r.deployed.components, c.name) {
			checks = append(checks, Check{Name: c.name, Result: Skipped, Detail: c.setting + " is false"})
			continue
		}
		client, url := r.service(c.name, c.port)
		var detail string
		err := r.eventually(ctx, func() (err error) {
			detail, err = c.verdict(ctx, client, url+c.path)
			return err
		})
		if err != nil {
			checks = append(checks, failed(c.name, "see `"+r.kubectl("logs -l app.kubernetes.io/name=%s --tail 50", c.name)+"`", "%v", err))
			continue
		}
		checks = append(checks, ok(c.name, "%s", detail))
	}
	return checks
}

func elasticsearchHealth(ctx context.Context, client *http.Client, url string) (string, error) {
	var answer struct {
		Status string `json:"status"`
		Nodes  int    `json:"number_of_nodes"`
		Shards int    `json:"active_primary_shards"`
	}
	if err := Fetch(ctx, client, http.MethodGet, url, nil, &answer); err != nil {
		return "", err
	}
	if answer.Status != "green" && answer.Status != "yellow" {
		return "", fmt.Errorf("the cluster is %q", answer.Status)
	}
	return fmt.Sprintf("%s, %d nodes, %d shards", answer.Status, answer.Nodes, answer.Shards), nil
}

func kibanaStatus(ctx context.Context, client *http.Client, url string) (string, error) {
	var answer struct {
		Status struct {
			Overall struct{ Level, Summary string }
		}
	}
	if err := Fetch(ctx, client, http.MethodGet, url, nil, &answer); err != nil {
		return "", err
	}
	if answer.Status.Overall.Level != "available" {
		return "", fmt.Errorf("it is %q: %s", answer.Status.Overall.Level, answer.Status.Overall.Summary)
	}
	// To who is not logged in, it tells the level alone.
	return cmp.Or(answer.Status.Overall.Summary, answer.Status.Overall.Level), nil
}

// ruleHealth checks that every rule could be evaluated.
func ruleHealth(ctx context.Context, client *http.Client, url string) (string, error) {
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	if err := Fetch(ctx, client, http.MethodGet, url, nil, &answer); err != nil {
		return "", err
	}
	rules, problems := 0, []string(nil)
	for _, group := range answer.Data.Groups {
		for _, rule := range group.Rules {
			rules++
			if rule.Health != "ok" {
				problems = append(problems, fmt.Sprintf("rule %s is %s %s", rule.Name, rule.Health, rule.LastError))
			}
		}
	}
	switch {
	case rules == 0:
		return "", errors.New("it has no rules")
	case problems != nil:
		return "", errors.New(strings.Join(problems, "; "))
	}
	return fmt.Sprintf("all %d rules are evaluated", rules), nil
}

// activeAlerts tells the alerts. They are for people: a release that was just started has some.
func activeAlerts(ctx context.Context, client *http.Client, url string) (string, error) {
	var alerts []struct {
		Labels map[string]string `json:"labels"`
	}
	if err := Fetch(ctx, client, http.MethodGet, url, nil, &alerts); err != nil {
		return "", err
	}
	if len(alerts) == 0 {
		return "answers, no alert", nil
	}
	var names []string
	for _, alert := range alerts {
		names = append(names, alert.Labels["alertname"])
	}
	slices.Sort(names)
	return "answers; alerts: " + strings.Join(slices.Compact(names), ", "), nil
}

func grafanaHealth(ctx context.Context, client *http.Client, url string) (string, error) {
	var answer struct{ Database, Version string }
	if err := Fetch(ctx, client, http.MethodGet, url, nil, &answer); err != nil {
		return "", err
	}
	if answer.Database != "ok" {
		return "", fmt.Errorf("its database is %q", answer.Database)
	}
	return "version " + answer.Version, nil
}

// sparkMaster checks that the cluster has a worker and runs the job.
func sparkMaster(ctx context.Context, client *http.Client, url string) (string, error) {
	var answer struct {
		Status     string
		Alive      int                            `json:"aliveworkers"`
		ActiveApps []struct{ Name, State string } `json:"activeapps"`
	}
	if err := Fetch(ctx, client, http.MethodGet, url, nil, &answer); err != nil {
		return "", err
	}
	switch {
	case answer.Status != "ALIVE":
		return "", fmt.Errorf("the master is %q", answer.Status)
	case answer.Alive == 0:
		return "", errors.New("the master has no worker")
	case len(answer.ActiveApps) == 0:
		return "", errors.New("the streaming job does not run")
	case answer.ActiveApps[0].State != "RUNNING":
		return "", fmt.Errorf("the streaming job is %s: it waits for cores of a worker", answer.ActiveApps[0].State)
	}
	return fmt.Sprintf("%d workers run %s", answer.Alive, answer.ActiveApps[0].Name), nil
}

func sparkHistory(ctx context.Context, client *http.Client, url string) (string, error) {
	var applications []struct{ ID string }
	if err := Fetch(ctx, client, http.MethodGet, url, nil, &applications); err != nil {
		return "", err
	}
	return fmt.Sprintf("knows %d applications", len(applications)), nil
}
