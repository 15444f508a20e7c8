package verify

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sluice/internal/figures"
)

func ok(name, format string, args ...any) Check {
	return Check{Name: name, Result: OK, Detail: fmt.Sprintf(format, args...)}
}

func failed(name, hint, format string, args ...any) Check {
	return Check{Name: name, Result: Failed, Detail: fmt.Sprintf(format, args...), Hint: hint}
}

// acknowledged checks that Kafka took every event of the generator.
func (r *run) acknowledged(g generated) Check {
	const name = "generator"
	s, n := g.summary, int64(r.Count)
	if s.Acknowledged == n && s.Failed == 0 && g.exitCode == 0 {
		return ok(name, "all %s events acknowledged by Kafka", figures.Thousands(n))
	}
	return failed(name, fmt.Sprintf("see `%s`; the generator's last lines:\n%s", r.kubectl("logs statefulset/%s-kafka", r.Release), tail(g.log, 10)),
		"Kafka acknowledged %s of %s events, %s failed, exit code %d", figures.Thousands(s.Acknowledged), figures.Thousands(n), figures.Thousands(s.Failed), g.exitCode)
}

// nothingLost checks that each sequence number is there, and says where the missing ones were lost.
func (r *run) nothingLost(ctx context.Context, g generated, seen, stored *arrivals, recountErr error, a audit, auditErr error) Check {
	const name = "no event lost"
	logs := "see `" + r.kubectl("logs statefulset/%s-elasticsearch", r.Release) + "`"
	if recountErr != nil {
		return failed(name, logs, "Elasticsearch can't be read: %v", recountErr)
	}
	if stored.complete() {
		return ok(name, "sequences 0-%d are all there", r.Count-1)
	}
	missing := stored.missing()
	detail := fmt.Sprintf("%s of %s missing: sequences %s", figures.Thousands(int64(len(missing))), figures.Thousands(int64(r.Count)), ranges(missing))
	if seen.distinct > stored.distinct {
		return failed(name, logs, "%s; %s were searchable before: lost in Elasticsearch", detail, figures.Thousands(seen.distinct))
	}
	if auditErr != nil {
		return failed(name, "see `"+r.kubectl("get pods")+"`", "%s; which hop lost them is unknown, for Kafka can't be read: %v", detail, auditErr)
	}
	where, hint := r.locate(ctx, g, a, missing)
	return failed(name, hint, "%s; %s", detail, where)
}

// locate names the hop that lost the missing events.
func (r *run) locate(ctx context.Context, g generated, a audit, missing []int64) (where, hint string) {
	var notInKafka int64
	for _, sequence := range missing {
		if !a.held[sequence] {
			notInKafka++
		}
	}
	var lag int64
	for _, group := range a.groups {
		lag += group.lag
	}
	held := figures.Thousands(int64(len(a.held)))
	switch {
	case notInKafka > 0 && g.summary.Acknowledged > int64(len(a.held)):
		return fmt.Sprintf("Kafka acknowledged %s but holds %s: lost in Kafka", figures.Thousands(g.summary.Acknowledged), held),
			fmt.Sprintf("a broker lost its data or retention deleted it: see `%s` and `%s`", r.kubectl("logs statefulset/%s-kafka", r.Release), r.kubectl("get pvc"))
	case notInKafka > 0:
		return fmt.Sprintf("Kafka holds %s, as many as it acknowledged: lost between generator and Kafka", held),
			"see `" + r.kubectl("logs statefulset/%s-kafka", r.Release) + "`"
	case len(a.groups) == 0:
		return fmt.Sprintf("Kafka holds %s and no consumer group reads the topic: %s has never joined", held, r.deployed.engine),
			"see `" + r.engineLogs() + "`"
	case lag > 0:
		return fmt.Sprintf("Kafka holds %s, of which %s has %s records of the topic still to read: stuck between Kafka and %[2]s", held, r.deployed.engine, figures.Thousands(lag)),
			fmt.Sprintf("give it more time with --timeout, or see `%s`", r.engineLogs())
	}
	return fmt.Sprintf("Kafka holds %s and %s has read them all: lost between %[2]s and Elasticsearch%[3]s", held, r.deployed.engine, r.indexerState(ctx)),
		fmt.Sprintf("see `%s` and `%s`", r.engineLogs(), r.kubectl("logs statefulset/%s-elasticsearch", r.Release))
}

// engineLogs is the command that shows the engine's log.
func (r *run) engineLogs() string {
	kind := "statefulset"
	if r.deployed.engine == "indexer" {
		kind = "deployment"
	}
	return r.kubectl("logs %s/%s-%s", kind, r.Release, r.deployed.engine)
}

// indexerState is what the indexer's own metrics add, if Prometheus has them: what it commits and makes no document of.
func (r *run) indexerState(ctx context.Context) string {
	if !r.deployed.prometheus || r.deployed.engine != "indexer" {
		return ""
	}
	var parts string
	for _, metric := range []struct{ format, name string }{
		{"; since it started it made dead letters of %s records", "indexer_dead_letters_total"},
		{"; since it started it found %s documents there already", "indexer_documents_duplicate_total"},
	} {
		value, found, err := r.prometheus.value(ctx, "sum("+metric.name+")")
		if err == nil && found && value > 0 {
			parts += fmt.Sprintf(metric.format+" (%s)", figures.Thousands(int64(value)), metric.name)
		}
	}
	return parts
}

// noDuplicates checks that there is one document for each sequence number and no other.
func (r *run) noDuplicates(stored *arrivals, recountErr error) Check {
	const name = "no duplicates"
	hint := fmt.Sprintf("the document _id is not event.id, or the generator sent a number twice: see `%s`", r.kubectl("get configmap %s-%s -o yaml", r.Release, r.deployed.engine))
	switch {
	case recountErr != nil:
		return failed(name, "", "Elasticsearch can't be read: %v", recountErr)
	case len(stored.strays) > 0:
		return failed(name, hint, "documents carry sequences that were never sent: %s", ranges(slices.Collect(maps.Keys(stored.strays))))
	case len(stored.duplicates) > 0:
		return failed(name, hint, "%s documents for %s events; more than one for sequences %s",
			figures.Thousands(stored.documents), figures.Thousands(stored.distinct), ranges(slices.Collect(maps.Keys(stored.duplicates))))
	}
	return ok(name, "%s documents for %s events", figures.Thousands(stored.documents), figures.Thousands(stored.distinct))
}

// noDeadLetters checks that no event of this run ended among the dead letters.
func (r *run) noDeadLetters(ctx context.Context, before int64) Check {
	const name = "dead letters"
	index := r.elastic.deadLetterIndex()
	after, err := r.elastic.deadLetterCount(ctx)
	var letters []json.RawMessage
	if appeared := after - before; err == nil && appeared > 0 {
		letters, err = r.elastic.deadLetters(ctx, appeared)
	}
	if err != nil {
		return failed(name, "see `"+r.kubectl("logs statefulset/%s-elasticsearch", r.Release)+"`", "can't read %s: %v", index, err)
	}
	var own []json.RawMessage
	for _, letter := range letters {
		if mentions(letter, r.runID) {
			own = append(own, letter)
		}
	}
	switch {
	case len(own) > 0:
		return failed(name, fmt.Sprintf("look at them in Elasticsearch's index %s, and at `%s`", index, r.engineLogs()),
			"%s events of this run are in %s; the newest: %s", figures.Thousands(int64(len(own))), index, shorten(string(own[0]), 200))
	case len(letters) > 0:
		return ok(name, "none of this run; %s of other senders came meanwhile, %s in all", figures.Thousands(int64(len(letters))), figures.Thousands(after))
	}
	return ok(name, "none of this run; %s of earlier ones", figures.Thousands(after))
}

// mentions tells whether a stored dead letter holds the run id, as text or in the digits of its raw bytes.
func mentions(letter json.RawMessage, runID string) bool {
	text := string(letter)
	return strings.Contains(text, runID) || strings.Contains(text, hex.EncodeToString([]byte(runID)))
}

// targetsUp checks that every scrape target is up and that every enabled component is one.
func (r *run) targetsUp(ctx context.Context) Check {
	const name = "prometheus targets"
	if !r.deployed.prometheus {
		return Check{Name: name, Result: Skipped, Detail: "prometheus.enabled is false"}
	}
	var detail string
	err := r.eventually(ctx, func() error {
		targets, err := r.prometheus.targets(ctx)
		if err != nil {
			return err
		}
		jobs, problems := map[string]bool{}, []string(nil)
		for _, target := range targets {
			jobs[target.Labels["job"]] = true
			if target.Health != "up" {
				problems = append(problems, fmt.Sprintf("%s %s is %s (%s)", target.Labels["job"], target.ScrapeURL, target.Health, target.LastError))
			}
		}
		for _, job := range r.deployed.jobs {
			if !jobs[job] {
				problems = append(problems, fmt.Sprintf("job %s has no target", job))
			}
		}
		detail = fmt.Sprintf("%d up: %s", len(targets), strings.Join(slices.Sorted(maps.Keys(jobs)), ", "))
		if problems != nil {
			return errors.New(strings.Join(problems, "; "))
		}
		return nil
	})
	if err != nil {
		return failed(name, "see `"+r.kubectl("get pods,endpointslices")+"`", "%v", err)
	}
	return ok(name, "%s", detail)
}

// requestsRise checks that app-service's counter is scraped and moves.
func (r *run) requestsRise(ctx context.Context) Check {
	const name = "app-service counter"
	switch {
	case !r.deployed.prometheus:
		return Check{Name: name, Result: Skipped, Detail: "prometheus.enabled is false"}
	case !r.deployed.appService:
		return Check{Name: name, Result: Skipped, Detail: "generators.appService.enabled is false"}
	}
	const query = `sum(http_requests_total{job="app-service"})`
	first := -1.0
	var last float64
	err := r.eventually(ctx, func() error {
		value, found, err := r.prometheus.value(ctx, query)
		switch {
		case err != nil:
			return err
		case !found:
			return fmt.Errorf("%s has no value", query)
		}
		if last = value; first < 0 || value < first { // a restart begins at 0
			first = value
		}
		if last <= first {
			return fmt.Errorf("%s stands still at %.0f", query, first)
		}
		return nil
	})
	if err != nil {
		return failed(name, "see `"+r.kubectl("logs deployment/%s-app-service", r.Release)+"`", "%v", err)
	}
	return ok(name, "http_requests_total rose from %.0f to %.0f", first, last)
}

// eventually tries until there is no error; scrapes come late after a start and between two reads.
func (r *run) eventually(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(r.interval):
		case <-ctx.Done():
			return fmt.Errorf("%w (for %s)", err, r.patience)
		}
	}
}

// kubectl is the command to look at next.
func (r *run) kubectl(format string, args ...any) string {
	return fmt.Sprintf("kubectl --kubeconfig %s -n %s ", r.Kubeconfig, r.Namespace) + fmt.Sprintf(format, args...)
}
