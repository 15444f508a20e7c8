//go:build compose

package compose

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	count = 10_000
	index = "dev-logs-index"
	runID = "compose"
)

func TestCompose(t *testing.T) {
	p := up(t)
	elasticsearch := p.address(t, "elasticsearch", "9200")

	began := time.Now()
	send := append([]string{"run", "--rm", "--no-deps", "log-generator"}, p.command(t, "log-generator")...)
	p.mustRun(t, append(send, "--rate=0", fmt.Sprintf("--count=%d", count), "--run-id="+runID, "--metrics-addr=")...)
	t.Logf("%d events acknowledged after %.0f s", count, time.Since(began).Seconds())

	var stored sequences
	require.Eventually(t, func() bool {
		stored = ask(t, elasticsearch)
		return stored.Count >= count
	}, 5*time.Minute, 2*time.Second, "events searchable")
	t.Logf("%d events searchable after %.0f s", count, time.Since(began).Seconds())
	assert.Equal(t, sequences{Count: count, Min: 0, Max: count - 1, Sum: count * (count - 1) / 2}, stored, "each number once")

	p.mustRun(t, "up", "--detach", "--no-recreate", "--no-deps", "log-generator")
	t.Run("targets", func(t *testing.T) { p.checkTargets(t) })
	for _, name := range p.tests(t) {
		t.Run(name, func(t *testing.T) { t.Log(p.mustRun(t, "run", "--rm", name)) })
	}
}

// sequences is what Elasticsearch has of the run's numbers.
type sequences struct {
	Count         int64
	Min, Max, Sum float64
}

func ask(t *testing.T, elasticsearch string) sequences {
	t.Helper()
	var ignored any
	if get(t, elasticsearch+"/"+index+"/_refresh", &ignored) != nil {
		return sequences{}
	}
	query := url.QueryEscape(`{"query":{"term":{"labels.run_id":"` + runID + `"}},"aggs":{"numbers":{"stats":{"field":"event.sequence"}}}}`)
	var answer struct {
		Aggregations struct{ Numbers sequences }
	}
	if get(t, elasticsearch+"/"+index+"/_search?size=0&source_content_type=application/json&source="+query, &answer) != nil {
		return sequences{}
	}
	return answer.Aggregations.Numbers
}

// checkTargets waits until Prometheus has scraped every service that runs.
func (p *project) checkTargets(t *testing.T) {
	prometheus := p.address(t, "prometheus", "9090")
	var answer struct {
		Data struct {
			ActiveTargets []struct {
				Labels    map[string]string
				Health    string
				LastError string
			}
		}
	}
	ready := func() bool {
		if get(t, prometheus+"/api/v1/targets?state=active", &answer) != nil {
			return false
		}
		for _, target := range answer.Data.ActiveTargets {
			if target.Health != "up" {
				return false
			}
		}
		return len(answer.Data.ActiveTargets) >= 7
	}
	assert.Eventually(t, ready, time.Minute, 2*time.Second, "targets that are up")
	for _, target := range answer.Data.ActiveTargets {
		t.Logf("%s %s: %s %s", target.Labels["job"], target.Labels["instance"], target.Health, target.LastError)
	}
}
