package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/producers"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/run"
	"sluice/internal/verify"
)

const (
	storedEvents = 40_000 // of each run: with five, 200,000 in all
	bulkBytes    = 5 << 20
)

// mapping is one way to keep events in Elasticsearch. What is not set is Elasticsearch's own.
type mapping struct {
	name     string
	ours     bool // the templates of the chart
	settings map[string]any
}

var mappings = []mapping{
	{name: "default"},
	{name: "this_mapping", ours: true},
	{name: "best_compression", ours: true, settings: map[string]any{"index.codec": "best_compression"}},
	// logsdb keeps no _source by itself, which takes a paid licence.
	{name: "logsdb_stored_source", ours: true, settings: map[string]any{"index.mode": "logsdb", "index.mapping.source.mode": "stored"}},
}

// storage measures how many bytes an event takes.
func storage(ctx context.Context, b *bench, all *results.Results) error {
	restore, err := b.alone(ctx)
	if err != nil {
		return err
	}
	defer restore()
	s := &results.Storage{Events: storedEvents, Elasticsearch: map[string]results.Stored{}, Kafka: map[string]results.Stored{}}
	var sent []float64 // bytes of an event as it was sent, in each run
	if err := b.out.Do("Bytes of an event in Elasticsearch", func(step *progress.Step) (err error) {
		sent, err = b.inElasticsearch(ctx, s, all.LeftOut, step)
		return err
	}); err != nil {
		return err
	}
	s.EventBytes = measure.Of(sent)
	if err := b.out.Do("Bytes of an event in Kafka", func(step *progress.Step) error {
		return b.inKafka(ctx, s, sent, step)
	}); err != nil {
		return err
	}
	all.Storage = s
	return nil
}

func (b *bench) inElasticsearch(ctx context.Context, s *results.Storage, leftOut map[string]string, step *progress.Step) (sent []float64, err error) {
	var license struct {
		License struct{ Type string } `json:"license"`
	}
	if err := verify.Fetch(ctx, b.elastic, http.MethodGet, b.url+"/_license", nil, &license); err == nil {
		s.License = license.License.Type
	} else {
		s.License = "none: this build of Elasticsearch has no licensed features"
	}
	program := filepath.Join(os.TempDir(), fmt.Sprintf("log-generator-%d", os.Getpid()))
	defer os.Remove(program)
	if _, err := (run.Cmd{Dir: b.repository, Args: []string{"go", "build", "-o", program, "./generators/cmd/log-generator"}}).Run(ctx); err != nil {
		return nil, err
	}
	sizes := map[string][]float64{}
	for i := range b.runs {
		events, err := run.Command(program, "--output=stdout", "--rate=0", "--metrics-addr=",
			"--count="+strconv.Itoa(storedEvents), "--seed="+strconv.Itoa(i+1)).Run(ctx)
		if err != nil {
			return nil, err
		}
		sent = append(sent, float64(len(events)-strings.Count(events, "\n"))/storedEvents)
		for _, m := range measure.Order(mappings, i) {
			step.Detail("run %d of %d, %s", i+1, b.runs, m.name)
			path := "storage.elasticsearch." + m.name
			size, err := b.stored(ctx, m, events)
			if errors.As(err, new(refusal)) {
				leftOut[path] = "this Elasticsearch refuses it: " + err.Error()
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.name, err)
			}
			delete(leftOut, path)
			sizes[m.name] = append(sizes[m.name], size)
		}
	}
	for name, values := range sizes {
		s.Elasticsearch[name] = kept(values, sizes[mappings[0].name], sent)
	}
	return sent, nil
}

// kept sums up one way to keep events beside the first way and beside what was sent, all in bytes of an event in each run.
func kept(values, first, sent []float64) results.Stored {
	return results.Stored{BytesPerEvent: measure.Of(values), Ratio: measure.Ratios(values, first), ShareOfEvent: measure.Ratios(values, sent)}
}

// refusal is an index that Elasticsearch does not make.
type refusal struct{ error }

// stored keeps the events in a new index, in one segment as after a night's merge, and tells the bytes of each.
func (b *bench) stored(ctx context.Context, m mapping, events string) (float64, error) {
	index := "bench-storage-" + strings.ReplaceAll(m.name, "_", "-")
	call := func(method, path string, body, answer any) error {
		var content []byte
		if body != nil {
			var err error
			if content, err = json.Marshal(body); err != nil {
				return err
			}
		}
		return verify.Fetch(ctx, b.elastic, method, b.url+"/"+path, bytes.NewReader(content), answer)
	}
	_ = call(http.MethodDelete, index, nil, nil) // of a run that was killed
	definition, err := b.definition(m, call)
	if err != nil {
		return 0, err
	}
	if err := call(http.MethodPut, index, definition, nil); err != nil {
		return 0, refusal{err}
	}
	defer func() { _ = call(http.MethodDelete, index, nil, nil) }()
	if err := b.bulk(ctx, index, events); err != nil {
		return 0, err
	}
	// The last refresh lets go of the segments that were merged: until then they count.
	for _, path := range []string{"/_refresh", "/_forcemerge?max_num_segments=1", "/_flush?force=true", "/_refresh"} {
		if err := call(http.MethodPost, index+path, nil, nil); err != nil {
			return 0, err
		}
	}
	var stats struct {
		All struct {
			Primaries struct {
				Docs struct {
					Count int64 `json:"count"`
				} `json:"docs"`
				Segments struct {
					Count int `json:"count"`
				} `json:"segments"`
				Store struct {
					Size int64 `json:"size_in_bytes"`
				} `json:"store"`
			} `json:"primaries"`
		} `json:"_all"`
	}
	if err := call(http.MethodGet, index+"/_stats/docs,store,segments", nil, &stats); err != nil {
		return 0, err
	}
	if p := stats.All.Primaries; p.Docs.Count != storedEvents {
		return 0, fmt.Errorf("%d documents of %d events", p.Docs.Count, storedEvents)
	} else if p.Segments.Count != 1 {
		return 0, fmt.Errorf("%d segments after the merge into one", p.Segments.Count)
	}
	return float64(stats.All.Primaries.Store.Size) / storedEvents, nil
}

// definition is how the index is made: what the release's templates say for a day of events, and the mapping's own settings.
func (b *bench) definition(m mapping, call func(method, path string, body, answer any) error) (map[string]any, error) {
	// Elasticsearch tells a size that is up to 10 s old, unless this is set.
	settings := map[string]any{"index.store.stats_refresh_interval": "0s"}
	definition := map[string]any{"settings": settings}
	if m.ours {
		var simulated struct {
			Template struct {
				Settings struct {
					Index map[string]any `json:"index"`
				} `json:"settings"`
				Mappings map[string]any `json:"mappings"`
			} `json:"template"`
		}
		if err := call(http.MethodPost, "_index_template/_simulate_index/"+b.values.index+"-2000.01.01", nil, &simulated); err != nil {
			return nil, err
		}
		delete(simulated.Template.Settings.Index, "lifecycle") // nothing is deleted while it is measured
		settings["index"] = simulated.Template.Settings.Index
		definition["mappings"] = simulated.Template.Mappings
	}
	maps.Copy(settings, m.settings)
	return definition, nil
}

// bulk sends the events as the engine does: the event's own id is the document's.
func (b *bench) bulk(ctx context.Context, index, events string) error {
	var body bytes.Buffer
	send := func() error {
		var answer struct{ Errors bool }
		err := verify.Fetch(ctx, b.elastic, http.MethodPost, b.url+"/"+index+"/_bulk?filter_path=errors", &body, &answer)
		if err == nil && answer.Errors {
			err = fmt.Errorf("documents were refused")
		}
		body.Reset()
		return err
	}
	for line := range strings.Lines(events) {
		var event struct{ Event struct{ ID string } }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			return err
		}
		fmt.Fprintf(&body, "{\"create\":{\"_id\":%q}}\n%s\n", event.Event.ID, strings.TrimSuffix(line, "\n"))
		if body.Len() >= bulkBytes {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if body.Len() == 0 {
		return nil
	}
	return send()
}

// inKafka lets log-generator fill a topic with each compression. The runner reads the brokers' own count of the bytes.
func (b *bench) inKafka(ctx context.Context, s *results.Storage, sent []float64, step *progress.Step) error {
	log, err := b.runPod(ctx, "storage", func(line string) { step.Detail("%s", line) },
		"/runner", "--brokers="+b.brokers(), "--storage="+strconv.Itoa(storedEvents), "--runs="+strconv.Itoa(b.runs), "--dir=/tmp")
	if err != nil {
		return err
	}
	sizes := map[string][]float64{}
	for line := range strings.Lines(log) {
		var stored producers.Stored
		if json.Unmarshal([]byte(line), &stored) == nil && stored.Compression != "" {
			sizes[stored.Compression] = append(sizes[stored.Compression], float64(stored.Bytes)/float64(stored.Records))
		}
	}
	if len(sizes) == 0 {
		return fmt.Errorf("the runner printed no results:\n%s", run.LastLines(log, 15))
	}
	for name, values := range sizes {
		s.Kafka[name] = kept(values, sizes["none"], sent)
	}
	return nil
}
