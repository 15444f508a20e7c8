package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"sluice/bench/internal/consumers"
)

// elastic is Elasticsearch.
type elastic struct{ url string }

// call sends body, if there is one, and reads the answer, if it is wanted.
func (e *elastic) call(ctx context.Context, method, path string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, e.url+"/"+path, bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.500s", method, path, response.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

// putTemplate makes the measured indices like the release's own ones, but without their alias, in which nobody shall find
// them, and without their end.
func (e *elastic) putTemplate(ctx context.Context, index string) error {
	var own struct {
		Template struct {
			Settings struct {
				Index map[string]any `json:"index"`
			} `json:"settings"`
			Mappings map[string]any `json:"mappings"`
		} `json:"template"`
	}
	if err := e.call(ctx, http.MethodPost, "_index_template/_simulate_index/"+index+"-2000.01.01", nil, &own); err != nil {
		return err
	}
	if len(own.Template.Mappings) == 0 {
		return fmt.Errorf("no index template says how %s-2000.01.01 is made: set --index to the release's", index)
	}
	delete(own.Template.Settings.Index, "lifecycle")
	return e.call(ctx, http.MethodPut, "_index_template/"+consumers.IndexPrefix(index), map[string]any{
		"index_patterns": []string{consumers.IndexPrefix(index) + "*"}, "priority": 1000, "template": own.Template,
	}, nil)
}

func (e *elastic) removeTemplate(ctx context.Context, index string) error {
	return e.call(ctx, http.MethodDelete, "_index_template/"+consumers.IndexPrefix(index), nil, nil)
}

// days are the indices of the documents, and not that of the dead letters.
func days(index string) string { return index + "-2*," + index + "-undated" }

// written tells how many documents were written, those that were there already among them, and how many were refused. It
// does not wait for a refresh.
func (e *elastic) written(ctx context.Context, index string) (written, refused int64, err error) {
	var stats struct {
		All struct {
			Primaries struct {
				Indexing struct {
					Total  int64 `json:"index_total"`
					Failed int64 `json:"index_failed"`
				} `json:"indexing"`
			} `json:"primaries"`
		} `json:"_all"`
	}
	err = e.call(ctx, http.MethodGet, days(index)+"/_stats/indexing?ignore_unavailable=true&filter_path=_all.primaries.indexing", nil, &stats)
	return stats.All.Primaries.Indexing.Total, stats.All.Primaries.Indexing.Failed, err
}

// count refreshes, and counts the documents.
func (e *elastic) count(ctx context.Context, index string) (int64, error) {
	if err := e.call(ctx, http.MethodPost, days(index)+"/_refresh?ignore_unavailable=true", nil, nil); err != nil {
		return 0, err
	}
	var answer struct{ Count int64 }
	err := e.call(ctx, http.MethodGet, days(index)+"/_count?ignore_unavailable=true", nil, &answer)
	return answer.Count, err
}

// distinct counts the events' ids, each of them.
func (e *elastic) distinct(ctx context.Context, index string) (total int64, err error) {
	ids := map[string]any{"size": 10_000, "sources": []any{map[string]any{"id": map[string]any{"terms": map[string]any{"field": "event.id"}}}}}
	query := map[string]any{"size": 0, "aggs": map[string]any{"ids": map[string]any{"composite": ids}}}
	for {
		var answer struct {
			Aggregations struct {
				IDs struct {
					AfterKey map[string]any    `json:"after_key"`
					Buckets  []json.RawMessage `json:"buckets"`
				} `json:"ids"`
			} `json:"aggregations"`
		}
		if err := e.call(ctx, http.MethodPost, days(index)+"/_search?ignore_unavailable=true", query, &answer); err != nil {
			return 0, err
		}
		if len(answer.Aggregations.IDs.Buckets) == 0 {
			return total, nil
		}
		total += int64(len(answer.Aggregations.IDs.Buckets))
		ids["after"] = answer.Aggregations.IDs.AfterKey
	}
}

// cpu is what the processes of all nodes have taken, in seconds, by their own count: the kubelet's is up to ten seconds old.
func (e *elastic) cpu(ctx context.Context) (seconds float64, err error) {
	var answer struct {
		Nodes map[string]struct {
			Process struct {
				CPU struct {
					Total int64 `json:"total_in_millis"`
				} `json:"cpu"`
			} `json:"process"`
		} `json:"nodes"`
	}
	err = e.call(ctx, http.MethodGet, "_nodes/stats/process?filter_path=nodes.*.process.cpu", nil, &answer)
	for _, node := range answer.Nodes {
		seconds += float64(node.Process.CPU.Total) / 1000
	}
	return seconds, err
}

// remove deletes all indices of a run, by their names: Elasticsearch takes no pattern here.
func (e *elastic) remove(ctx context.Context, index string) error {
	var settings map[string]any
	if err := e.call(ctx, http.MethodGet, index+"-*/_settings?filter_path=*.settings.index.uuid", nil, &settings); err != nil {
		return err
	}
	var names []string
	for name := range settings {
		names = append(names, name)
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return e.call(ctx, http.MethodDelete, strings.Join(names, ","), nil, nil)
}
