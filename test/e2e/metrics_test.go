//go:build e2e

package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/state"
	"sluice/test/promql"
)

// go test -tags e2e ./test/e2e -run TestMetrics -update
var update = flag.Bool("update", false, "record the metrics of the running jobs in "+promql.RecordedFile)

const recordedHead = `# What the jobs of a running Prometheus expose: the job, the metric, and its labels but job and instance.
# Recorded by: go test -tags e2e ./test/e2e -run TestMetrics -update
`

// quiet are panels that may be empty while their component runs, with the reason.
var quiet = map[string]string{
	"elasticsearch.json, Time of a query":   "nobody searched within the last minutes",
	"monitoring.json, Time of a query, p99": "nobody asked Prometheus within the last minutes",
	"zookeeper.json, Time of a write, p99":  "nothing was written within the last minutes: no topic came, no broker or controller changed",
	"zookeeper.json, Time of a flush, p99":  "as above",
}

// TestMetrics holds the recorded metrics against the live ones, as far as dashboards and rules ask for them.
func TestMetrics(t *testing.T) {
	live := prometheusOf(connect(t)).series(t)
	root, err := state.Repository()
	require.NoError(t, err)
	recorded, err := promql.Read(root, promql.RecordedFile)
	if *update {
		if os.IsNotExist(err) {
			recorded, err = promql.Known{}, nil
		}
		require.NoError(t, err)
		maps.Copy(recorded, live)
		require.NoError(t, os.WriteFile(filepath.Join(root, promql.RecordedFile), []byte(recordedHead+recorded.String()), 0o644))
		t.Logf("recorded anew: %v", slices.Sorted(maps.Keys(live)))
		return
	}
	require.NoError(t, err)
	expressions := explain(t, root)
	// What a pod that was just started has to tell comes with its next scrapes.
	problems := differences(expressions, recorded, live)
	for deadline := time.Now().Add(3 * time.Minute); len(problems) > 0 && time.Now().Before(deadline); {
		time.Sleep(5 * time.Second)
		problems = differences(expressions, recorded, prometheusOf(connect(t)).series(t))
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

// differences are the recorded metrics of running jobs that dashboards or rules ask for and that are not there, and
// the jobs that were never recorded. Other names come and go: of what never happened yet there is no metric.
func differences(expressions []explainedExpression, recorded, live promql.Known) []string {
	var problems []string
	for _, e := range expressions {
		for _, m := range e.metrics {
			if m.Name == "ALERTS" {
				continue // has the labels of the alerts that are on at the moment
			}
			jobs, _ := recorded.Match(m)
			for _, job := range jobs {
				if live[job] == nil {
					continue
				}
				if _, names := (promql.Known{job: live[job]}).Match(m); len(names) == 0 {
					problems = append(problems, fmt.Sprintf("%s: the job %s exposes %s no more: change the expression, or record anew with -update\n  %s", e.Where, job, m.Name, e.Text))
				}
			}
		}
	}
	for _, job := range slices.Sorted(maps.Keys(live)) {
		if recorded[job] == nil {
			problems = append(problems, fmt.Sprintf("the job %s is not recorded: run this test with -update, and take it out of %s", job, promql.NotRecordedFile))
		}
	}
	return problems
}

// TestPanelsHaveData runs each expression of the dashboards whose component runs.
func TestPanelsHaveData(t *testing.T) {
	p := prometheusOf(connect(t))
	live := p.series(t)
	root, err := state.Repository()
	require.NoError(t, err)
	full := 0
	for _, e := range explain(t, root) {
		if e.rule || e.Label != "" || !runs(live, e.metrics) {
			continue
		}
		if p.hasData(t, promql.Fill(e.Text)) {
			full++
			continue
		}
		if reason := quiet[e.Where]; reason != "" {
			t.Logf("%s is empty: %s", e.Where, reason)
			continue
		}
		t.Errorf("%s is empty:\n  %s", e.Where, promql.Fill(e.Text))
	}
	t.Logf("%d expressions of dashboards have data", full)
	require.Greater(t, full, 80, "expressions that have data")
}

// runs says whether a live job exposes each of the metrics.
func runs(live promql.Known, metrics []promql.Metric) bool {
	return !slices.ContainsFunc(metrics, func(m promql.Metric) bool {
		jobs, _ := live.Match(m)
		return len(jobs) == 0
	})
}

type explainedExpression struct {
	promql.Expression
	metrics []promql.Metric
	rule    bool
}

func explain(t *testing.T, root string) []explainedExpression {
	t.Helper()
	dashboards, err := promql.Dashboards(root)
	require.NoError(t, err)
	rules, _, err := promql.Rules(root)
	require.NoError(t, err)
	all := append(slices.Clone(dashboards), rules...)
	explained, err := promql.Explain(root, all)
	require.NoError(t, err)
	result := make([]explainedExpression, len(all))
	for i, e := range all {
		require.Empty(t, explained[i].Error, "%s: %s", e.Where, e.Text)
		result[i] = explainedExpression{e, explained[i].Metrics, i >= len(dashboards)}
	}
	return result
}

// prometheus is the release's own, through the API server.
type prometheus struct{ http *http.Client }

func prometheusOf(c *cluster) prometheus {
	return prometheus{c.HTTP(namespace, release+"-prometheus", 9090, time.Minute)}
}

func (p prometheus) ask(t *testing.T, path string, query url.Values, data any) {
	t.Helper()
	response, err := p.http.Get("http://prometheus" + path + "?" + query.Encode())
	require.NoError(t, err)
	defer response.Body.Close()
	var answer struct {
		Data  json.RawMessage
		Error string
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	require.Empty(t, answer.Error, "%s %s", path, query)
	require.NoError(t, json.Unmarshal(answer.Data, data))
}

// series are the metrics of each job whose pods answer now, over the last minutes.
func (p prometheus) series(t *testing.T) promql.Known {
	t.Helper()
	known := promql.Known{}
	var jobs struct {
		Result []struct{ Metric map[string]string }
	}
	p.ask(t, "/api/v1/query", url.Values{"query": {"group by (job) (up == 1)"}}, &jobs)
	for _, job := range jobs.Result {
		name := job.Metric["job"]
		var series []map[string]string
		p.ask(t, "/api/v1/series", url.Values{
			"match[]": {fmt.Sprintf("{job=%q}", name)},
			"start":   {strconv.FormatInt(time.Now().Add(-10*time.Minute).Unix(), 10)},
		}, &series)
		for _, labels := range series {
			metric := labels["__name__"]
			for _, label := range []string{"__name__", "job", "instance"} {
				delete(labels, label)
			}
			known.Add(name, metric, slices.Collect(maps.Keys(labels))...)
		}
	}
	require.NotEmpty(t, known, "no job of Prometheus runs")
	return known
}

// hasData says whether the expression gives at least one number.
func (p prometheus) hasData(t *testing.T, expression string) bool {
	t.Helper()
	var vector struct {
		ResultType string
		Result     []struct{ Value [2]any }
	}
	p.ask(t, "/api/v1/query", url.Values{"query": {expression}}, &vector)
	require.Equal(t, "vector", vector.ResultType, expression)
	return slices.ContainsFunc(vector.Result, func(r struct{ Value [2]any }) bool {
		number, err := strconv.ParseFloat(r.Value[1].(string), 64)
		return err == nil && !math.IsNaN(number)
	})
}
