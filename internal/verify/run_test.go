package verify

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHealthyReleasePasses(t *testing.T) {
	p := newPipeline(t)
	p.elastic.down = 0
	var last int64
	p.run.Progress = func(step string, done, total int64) {
		assert.EqualValues(t, testCount, total)
		if step == StepSearch {
			last = done
		}
	}

	report, err := p.run.do(context.Background())

	require.NoError(t, err)
	for _, check := range report.Checks {
		if !isComponent(check.Name) { // these have their own test
			assert.Equal(t, OK, check.Result, "%s: %s", check.Name, check.Detail)
		}
	}
	assert.EqualValues(t, testCount, last)
	var hops []string
	for _, hop := range report.Hops {
		hops = append(hops, hop.Name)
		assert.EqualValues(t, testCount, hop.Events, hop.Name)
	}
	assert.Equal(t, []string{"log-generator", "kafka", "sluice-indexer", "elasticsearch"}, hops)
	assert.InDelta(t, 1.0, report.LatencyP50, 0.5)
	assert.GreaterOrEqual(t, report.LatencyP99, report.LatencyP50)
}

// Each way in which a release can be broken is found by one check, which says where to look.
func TestBrokenReleaseIsNamed(t *testing.T) {
	lose := func(p *pipeline) { p.elastic.documents = append(events(0, 17), events(20, testCount)...) }
	for name, test := range map[string]struct {
		broken func(*pipeline)
		check  string
		detail []string
		hint   string
	}{
		"lost after the engine": {
			broken: lose,
			check:  "no event lost", detail: []string{"3 of 100 missing", "17-19", "Kafka holds 100", "lost between indexer and Elasticsearch", "made dead letters of 10 records (indexer_dead_letters_total)"},
			hint: "logs deployment/rel-indexer",
		},
		"not read by the engine": {
			broken: func(p *pipeline) { lose(p); p.topic.audited.groups["sluice-indexer"].lag = 42 },
			check:  "no event lost", detail: []string{"17-19", "42 records of the topic still to read", "stuck between Kafka and indexer"},
			hint: "logs deployment/rel-indexer",
		},
		"no engine at all": {
			broken: func(p *pipeline) { lose(p); p.topic.audited.groups = nil },
			check:  "no event lost", detail: []string{"no consumer group reads the topic"},
			hint: "logs deployment/rel-indexer",
		},
		"lost by Kafka": {
			broken: func(p *pipeline) { lose(p); delete(p.topic.audited.held, 18) },
			check:  "no event lost", detail: []string{"17-19", "acknowledged 100 but holds 99", "lost in Kafka"},
			hint: "get pvc",
		},
		"lost and Kafka can't be asked": {
			broken: func(p *pipeline) { lose(p); p.topic.err = errKafkaAway },
			check:  "no event lost", detail: []string{"17-19", "unknown", "kafka is away"},
			hint: "get pods",
		},
		"searchable and gone again": {
			broken: func(p *pipeline) {
				p.elastic.onRefresh = func(f *fakeElastic) { f.documents = events(0, 90) }
			},
			check: "no event lost", detail: []string{"10 of 100 missing", "90-99", "100 were searchable before", "lost in Elasticsearch"},
			hint: "logs statefulset/rel-elasticsearch",
		},
		"Elasticsearch answers errors": {
			broken: func(p *pipeline) {
				p.elastic.onRefresh = func(f *fakeElastic) { f.status = 503 }
			},
			check: "no event lost", detail: []string{"can't be read", "503", "no shard available"},
			hint: "logs statefulset/rel-elasticsearch",
		},
		"not acknowledged": {
			broken: func(p *pipeline) {
				p.elastic.documents = events(0, 90)
				p.topic.audited.held = sequences(0, 90)
				p.generated = generated{exitCode: 1, log: "kafka: request timed out", summary: summary{RunID: "verify-test", Sent: 100, Acknowledged: 90, Failed: 10}}
			},
			check: "generator", detail: []string{"acknowledged 90 of 100", "10 failed", "exit code 1"},
			hint: "request timed out",
		},
		"duplicate while polling": {
			broken: func(p *pipeline) { p.elastic.add(document{id: "logs-2026.11.25/other", sequence: 5, at: time.Now()}) },
			check:  "no duplicates", detail: []string{"101 documents for 100 events", "sequences 5"},
			hint: "get configmap rel-indexer",
		},
		"the same event in the indices of two days": {
			broken: func(p *pipeline) {
				p.elastic.add(document{id: "logs-undated/id-000005", sequence: 5, at: time.Now()})
			},
			check: "no duplicates", detail: []string{"101 documents for 100 events", "sequences 5"},
			hint: "get configmap rel-indexer",
		},
		"duplicate at the end": {
			broken: func(p *pipeline) {
				p.elastic.onRefresh = func(f *fakeElastic) {
					f.documents = append(f.documents, document{id: "logs-2026.11.25/late", sequence: 7, at: time.Now()})
				}
			},
			check: "no duplicates", detail: []string{"sequences 7"},
			hint: "get configmap",
		},
		"a number that was never sent": {
			broken: func(p *pipeline) { p.elastic.add(document{id: "logs-2026.11.25/stray", sequence: 100, at: time.Now()}) },
			check:  "no duplicates", detail: []string{"never sent: 100"},
			hint: "get configmap",
		},
		"a target down": {
			broken: func(p *pipeline) { p.prometheus.health["kafka"] = "down" },
			check:  "prometheus targets", detail: []string{"kafka http://kafka/metrics is down (connection refused)"},
			hint: "get pods",
		},
		"a job missing": {
			broken: func(p *pipeline) { delete(p.prometheus.health, "zookeeper") },
			check:  "prometheus targets", detail: []string{"job zookeeper has no target"},
			hint: "get pods",
		},
		"a counter that stands still": {
			broken: func(p *pipeline) { p.prometheus.step = 0 },
			check:  "app-service counter", detail: []string{"stands still at 10"},
			hint: "logs deployment/rel-app-service",
		},
		"a counter that is not there": {
			broken: func(p *pipeline) { p.prometheus.empty = true },
			check:  "app-service counter", detail: []string{"has no value"},
			hint: "logs deployment/rel-app-service",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipeline(t)
			test.broken(p)

			report, err := p.run.do(context.Background())

			var failure *CheckError
			require.ErrorAs(t, err, &failure)
			assert.ErrorContains(t, err, test.check)
			for _, check := range report.Checks {
				if check.Name != test.check {
					continue
				}
				assert.Equal(t, Failed, check.Result)
				for _, part := range test.detail {
					assert.Contains(t, check.Detail, part)
				}
				assert.Contains(t, check.Hint, test.hint)
				assert.Contains(t, check.Hint, "kubectl --kubeconfig kc -n ns")
				t.Log(check.Detail)
			}
		})
	}
}

func TestDeadLetters(t *testing.T) {
	for name, test := range map[string]struct {
		letter string
		result Result
		detail string
	}{
		"text of this run":  {`{"raw":"{\"labels\":{\"run_id\":\"verify-test\""}`, Failed, "1 events of this run"},
		"bytes of this run": {`{"bytes":"00` + hex.EncodeToString([]byte("verify-test")) + `ff"}`, Failed, "1 events of this run"},
		"someone else's":    {`{"raw":"not json"}`, OK, "none of this run; 1 of other senders came meanwhile, 2 in all"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipeline(t)
			p.elastic.deadLetters = []string{`{"raw":"old"}`}
			p.elastic.onRefresh = func(f *fakeElastic) { f.deadLetters = append(f.deadLetters, test.letter) }

			report, _ := p.run.do(context.Background())

			check := report.Checks[3]
			assert.Equal(t, "dead letters", check.Name)
			assert.Equal(t, test.result, check.Result)
			assert.Contains(t, check.Detail, test.detail)
		})
	}
}

// A component that is away during the run and comes back is no failure.
func TestOutageIsWaitedFor(t *testing.T) {
	p := newPipeline(t)
	p.elastic.documents = nil
	p.run.Timeout = 5 * time.Second
	p.run.generate = func(context.Context, string) (generated, error) {
		p.elastic.mu.Lock()
		p.elastic.down = 20
		p.elastic.mu.Unlock()
		p.elastic.add(events(0, testCount)...)
		return p.generated, nil
	}

	_, err := p.run.do(context.Background())

	require.NoError(t, err)
	assert.Zero(t, p.elastic.down)
}

func TestGeneratorThatCannotRunEndsTheRun(t *testing.T) {
	p := newPipeline(t)
	p.run.generate = func(context.Context, string) (generated, error) {
		return generated{}, errors.New("job x can't start (ErrImagePull)")
	}

	_, err := p.run.do(context.Background())

	assert.ErrorContains(t, err, "ErrImagePull")
}

func TestGeneratorThatHangsIsReported(t *testing.T) {
	p := newPipeline(t)
	p.run.generate = func(ctx context.Context, _ string) (generated, error) {
		<-ctx.Done()
		return generated{}, ctx.Err()
	}
	p.elastic.documents = events(0, 40)

	_, err := p.run.do(context.Background())

	assert.ErrorContains(t, err, "has not come to its end, 40 of 100 events are searchable")
	assert.ErrorContains(t, err, "logs statefulset/rel-kafka")
}

func TestSkippedChecksSayWhy(t *testing.T) {
	p := newPipeline(t)
	p.run.deployed.prometheus, p.run.deployed.appService = false, false

	report, err := p.run.do(context.Background())

	require.NoError(t, err)
	assert.Equal(t, Skipped, report.Checks[4].Result)
	assert.Contains(t, report.Checks[4].Detail, "prometheus.enabled is false")
	assert.Equal(t, Skipped, report.Checks[5].Result)
}

// More documents than one page has, and a duplicate on the page's edge: another event with the number, or the same
// one in the index of another day.
func TestPages(t *testing.T) {
	for _, id := range []string{"logs-2026.11.25/id-zzz", fmt.Sprintf("logs-undated/id-%06d", pageSize-1)} {
		t.Run(id, func(t *testing.T) {
			p := newPipeline(t)
			p.elastic.documents = append(events(0, 2*pageSize+1), document{id: id, sequence: pageSize - 1, at: time.Now()})
			a := newArrivals(2*pageSize + 1)

			require.NoError(t, p.run.elastic.from(context.Background(), 0, func(d document) { a.add(d, time.Now()) }))

			assert.True(t, a.complete())
			assert.Equal(t, map[int64]bool{pageSize - 1: true}, a.duplicates)
			assert.EqualValues(t, 2*pageSize+2, a.documents)
		})
	}
}

func TestReportPrintsAlignedTextAndJSON(t *testing.T) {
	report := Report{
		RunID: "verify-1", Count: 10000, Rate: 1000, Duration: 14.2, LatencyP50: 0.81, LatencyP99: 1.42, Resolution: 0.25,
		Hops: []Hop{{"log-generator", 10000, "acknowledged by Kafka in 10.1 s"}, {"elasticsearch", 9997, "searchable in logs"}},
		Checks: []Check{
			{Name: "no event lost", Result: Failed, Detail: "3 of 10,000 missing", Hint: "see `kubectl get pods`"},
			{Name: "no duplicates", Result: OK, Detail: "fine"},
		},
	}
	var text bytes.Buffer

	require.NoError(t, report.Print(&text))

	assert.Equal(t, `Run verify-1: 10,000 events, 1,000 a second, 14.2 s in all

HOP            EVENTS  
log-generator  10,000  acknowledged by Kafka in 10.1 s
elasticsearch   9,997  searchable in logs

CHECK          RESULT  
no event lost  FAILED  3 of 10,000 missing
no duplicates  ok      fine

no event lost: see `+"`kubectl get pods`"+`

From event to searchable: p50 0.81 s, p99 1.42 s (to the nearest poll, every 0.25 s)
`, text.String())
	var back Report
	document, err := json.Marshal(report)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(document, &back))
	assert.Equal(t, report, back)
}
