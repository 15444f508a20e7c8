//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/verify"
)

const (
	snapshotCount  = 1_000
	snapshotPrefix = "restored-"
)

// TestSnapshots saves the indices of the running pipeline, restores them beside themselves and, for one day that is
// deleted, in its own place: each document comes back as it was, byte for byte, and nothing that is there is overwritten.
func TestSnapshots(t *testing.T) {
	c := connect(t)
	s := snapshots{c: c, index: c.pipeline(t).index}
	s.http, s.url = c.Access(t).Elasticsearch(time.Minute)
	run := c.verify(t, verify.Options{Count: snapshotCount, Timeout: 3 * time.Minute}).RunID
	indexed := s.documents(t, s.index+"-2*", run)
	require.Len(t, indexed, snapshotCount)

	// A day that only this test knows, since today's is being written to.
	day := s.index + "-2001.01.01"
	defer func() { s.delete(t, day, snapshotPrefix+s.index+"-*") }()
	s.delete(t, day, snapshotPrefix+s.index+"-*")
	var lines bytes.Buffer
	for id, source := range indexed {
		fmt.Fprintf(&lines, "{\"create\":{\"_id\":%q}}\n%s\n", id, source)
	}
	require.Contains(t, s.ask(t, http.MethodPost, day+"/_bulk?refresh=true", lines.String()), `"errors":false`)
	mapping := s.ask(t, http.MethodGet, day+"/_mapping", "")

	began := time.Now()
	taken := s.c.SnapshotJob(t, 0)
	_, snapshot, _ := strings.Cut(taken, s.index+"-")
	snapshot, _, _ = strings.Cut(s.index+"-"+snapshot, " ")
	t.Logf("taken in %.1f s: %s", time.Since(began).Seconds(), taken)
	assert.Contains(t, s.c.SnapshotJob(t, 0, "ACTION=list", "SNAPSHOT="+snapshot), day)

	// Over what is there: nothing is done.
	refused := s.c.SnapshotJob(t, 1, "ACTION=restore", "SNAPSHOT="+snapshot)
	assert.Contains(t, refused, "error: nothing is restored, since there are already: ")
	assert.Contains(t, refused, day)

	began = time.Now()
	s.c.SnapshotJob(t, 0, "ACTION=restore", "SNAPSHOT="+snapshot, "PREFIX="+snapshotPrefix)
	t.Logf("restored beside in %.1f s", time.Since(began).Seconds())
	s.same(t, indexed, s.documents(t, snapshotPrefix+s.index+"-2*,-"+snapshotPrefix+day, run))

	s.delete(t, day)
	require.Empty(t, s.documents(t, day+"*", run))
	s.c.SnapshotJob(t, 0, "ACTION=restore", "SNAPSHOT="+snapshot, "INDICES="+day)
	s.same(t, indexed, s.documents(t, day, run))
	assert.Equal(t, mapping, s.ask(t, http.MethodGet, day+"/_mapping", ""))
	assert.Contains(t, s.ask(t, http.MethodGet, "_alias/"+s.index, ""), day, "what is restored is found by the alias again")
}

// snapshots asks Elasticsearch.
type snapshots struct {
	c          *cluster
	http       *http.Client
	url, index string
}

func (s *snapshots) ask(t *testing.T, method, path, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+"/"+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	response, err := s.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "%s %s: %s", method, path, text)
	return string(text)
}

// delete deletes each index that a pattern finds, by its full name.
func (s *snapshots) delete(t *testing.T, patterns ...string) {
	t.Helper()
	for name := range strings.FieldsSeq(s.ask(t, http.MethodGet, "_cat/indices/"+strings.Join(patterns, ",")+"?h=index&allow_no_indices=true&ignore_unavailable=true", "")) {
		s.ask(t, http.MethodDelete, name, "")
	}
}

// documents are a run's, by their ids, as they were sent.
func (s *snapshots) documents(t *testing.T, indices, run string) map[string]string {
	t.Helper()
	s.ask(t, http.MethodPost, indices+"/_refresh", "")
	var found struct {
		Hits struct {
			Hits []struct {
				ID     string          `json:"_id"`
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	query := fmt.Sprintf(`{"size": 10000, "query": {"term": {"labels.run_id": %q}}}`, run)
	require.NoError(t, json.Unmarshal([]byte(s.ask(t, http.MethodPost, indices+"/_search", query)), &found))
	sources := map[string]string{}
	for _, hit := range found.Hits.Hits {
		sources[hit.ID] = string(hit.Source)
	}
	return sources
}

func (s *snapshots) same(t *testing.T, want, got map[string]string) {
	t.Helper()
	require.Len(t, got, len(want), "documents")
	for _, id := range slices.Sorted(maps.Keys(want)) {
		require.Equal(t, want[id], got[id], id)
	}
}
