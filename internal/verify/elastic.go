package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// pageSize is the most hits that Elasticsearch returns at once (index.max_result_window).
const pageSize = 10_000

// elastic asks Elasticsearch about one run. Its index is an alias of one index for each day: it is not there until
// the first event is, and each document is known by its index and its _id.
type elastic struct {
	http  *http.Client
	url   string
	index string
	runID string
}

type hits struct {
	Count int64 `json:"count"`
	Hits  struct {
		Hits []struct {
			Index  string                       `json:"_index"`
			ID     string                       `json:"_id"`
			Fields map[string][]json.RawMessage `json:"fields"`
			Source json.RawMessage              `json:"_source"`
			Sort   []any                        `json:"sort"`
		} `json:"hits"`
	} `json:"hits"`
}

// count is the number of the run's searchable documents.
func (e *elastic) count(ctx context.Context) (int64, error) {
	var answer hits
	err := e.post(ctx, e.index, "_count", map[string]any{"query": e.query(0)}, &answer)
	return answer.Count, err
}

// from calls found for each searchable document of the run with that sequence or a higher one.
func (e *elastic) from(ctx context.Context, sequence int64, found func(document)) error {
	request := map[string]any{
		"query": e.query(sequence),
		// The id and the index beside the sequence: two documents with one sequence, or one event in the indices of
		// two days, must not hide each other at a page's end.
		"sort":            []any{map[string]any{"event.sequence": "asc"}, map[string]any{"event.id": "asc"}, map[string]any{"_index": "asc"}},
		"docvalue_fields": []any{"event.sequence", map[string]any{"field": "@timestamp", "format": "epoch_millis"}},
		"_source":         false,
		"size":            pageSize,
	}
	for {
		var answer hits
		if err := e.post(ctx, e.index, "_search", request, &answer); err != nil {
			return err
		}
		for _, hit := range answer.Hits.Hits {
			sequence, err := integer(hit.Fields["event.sequence"])
			if err != nil {
				return fmt.Errorf("document %s: event.sequence: %w", hit.ID, err)
			}
			millis, err := integer(hit.Fields["@timestamp"])
			if err != nil {
				return fmt.Errorf("document %s: @timestamp: %w", hit.ID, err)
			}
			found(document{id: hit.Index + "/" + hit.ID, sequence: sequence, at: time.UnixMilli(millis)})
		}
		if len(answer.Hits.Hits) < pageSize {
			return nil
		}
		request["search_after"] = answer.Hits.Hits[pageSize-1].Sort
	}
}

func (e *elastic) query(sequence int64) any {
	filters := []any{map[string]any{"term": map[string]any{"labels.run_id": e.runID}}}
	if sequence > 0 {
		filters = append(filters, map[string]any{"range": map[string]any{"event.sequence": map[string]any{"gte": sequence}}})
	}
	return map[string]any{"bool": map[string]any{"filter": filters}}
}

// refresh makes all that has been indexed searchable.
func (e *elastic) refresh(ctx context.Context) error {
	return e.post(ctx, e.index, "_refresh", nil, nil)
}

// segment is a part of an index: written once, and then merged into larger ones.
type segment struct{ bytes, documents float64 }

// segments are those of the primary shards of all days that are searched, by index, shard and name. What a merge is about to write
// or has just replaced is not among them.
func (e *elastic) segments(ctx context.Context) (map[string]segment, error) {
	if err := e.refresh(ctx); err != nil {
		return nil, err
	}
	var answer struct {
		Indices map[string]struct {
			Shards map[string][]struct {
				Routing  struct{ Primary bool }
				Segments map[string]struct {
					Documents float64 `json:"num_docs"`
					Bytes     float64 `json:"size_in_bytes"`
					Search    bool
				}
			}
		}
	}
	err := e.get(ctx, "_segments", &answer)
	found := map[string]segment{}
	for index, of := range answer.Indices {
		for shard, copies := range of.Shards {
			for _, c := range copies {
				for name, s := range c.Segments {
					if c.Routing.Primary && s.Search {
						found[index+"/"+shard+"/"+name] = segment{s.Bytes, s.Documents}
					}
				}
			}
		}
	}
	return found, err
}

// bytesOfNew is the mean size of a document in the segments that were not there before. What was there and has been merged into
// them counts, too: as much as it takes now.
func bytesOfNew(before, after map[string]segment) float64 {
	var bytes, documents float64
	for name, s := range after {
		if _, old := before[name]; !old {
			bytes, documents = bytes+s.bytes, documents+s.documents
		}
	}
	return bytes / documents
}

// merged is how long merges of all copies have taken, in seconds, and of how many documents, since the nodes started.
func (e *elastic) merged(ctx context.Context) (seconds, documents float64, err error) {
	type stats struct {
		Merges struct {
			Total     float64 `json:"total_time_in_millis"`
			Throttled float64 `json:"total_throttled_time_in_millis"`
			Stopped   float64 `json:"total_stopped_time_in_millis"`
		}
		Indexing struct {
			Documents float64 `json:"index_total"`
		}
	}
	var answer struct {
		All struct{ Total, Primaries stats } `json:"_all"`
	}
	err = e.get(ctx, "_stats/merge,indexing", &answer)
	merges := answer.All.Total.Merges
	return (merges.Total - merges.Throttled - merges.Stopped) / 1000, answer.All.Primaries.Indexing.Documents, err
}

func (e *elastic) deadLetterIndex() string { return e.index + "-dead-letter" }

// deadLetterCount is the number of dead letters of all runs.
func (e *elastic) deadLetterCount(ctx context.Context) (int64, error) {
	var answer hits
	err := e.post(ctx, e.deadLetterIndex(), "_count", nil, &answer)
	return answer.Count, err
}

// deadLetters are the newest n dead letters as they are stored.
func (e *elastic) deadLetters(ctx context.Context, n int64) ([]json.RawMessage, error) {
	var answer hits
	err := e.post(ctx, e.deadLetterIndex(), "_search", map[string]any{
		"size": min(n, pageSize),
		"sort": []any{map[string]any{"@timestamp": map[string]any{"order": "desc", "unmapped_type": "date"}}},
	}, &answer)
	var letters []json.RawMessage
	for _, hit := range answer.Hits.Hits {
		letters = append(letters, hit.Source)
	}
	return letters, err
}

// call is a request's URL; an index or alias that does not exist yet is an empty one.
func (e *elastic) call(index, call string) string {
	return fmt.Sprintf("%s/%s/%s?ignore_unavailable=true", e.url, index, call)
}

// get asks for what is told of the index.
func (e *elastic) get(ctx context.Context, call string, answer any) error {
	return Fetch(ctx, e.http, http.MethodGet, e.call(e.index, call), nil, answer)
}

// post sends one request, and a body unless it is nil.
func (e *elastic) post(ctx context.Context, index, call string, body, answer any) error {
	var payload io.Reader
	if body != nil {
		document, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(document)
	}
	url := e.call(index, call)
	if call == "_search" { // all shards or an error, and always the same copies of them
		url += "&allow_partial_search_results=false&preference=" + e.runID
	}
	return Fetch(ctx, e.http, http.MethodPost, url, payload, answer)
}

// Fetch does one HTTP request with a JSON body, or none, and decodes the JSON answer, unless answer is nil. Any status but 200 is an error.
func Fetch(ctx context.Context, client *http.Client, method, url string, body io.Reader, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, url, response.Status, shorten(string(content), 300))
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	return nil
}

// integer reads a docvalue field, which is a number or, with a format, a string.
func integer(field []json.RawMessage) (int64, error) {
	if len(field) != 1 {
		return 0, fmt.Errorf("want one value, have %d", len(field))
	}
	return strconv.ParseInt(strings.Trim(string(field[0]), `"`), 10, 64)
}

func shorten(text string, most int) string {
	if text = strings.Join(strings.Fields(text), " "); len(text) > most {
		return text[:most] + "…"
	}
	return text
}
