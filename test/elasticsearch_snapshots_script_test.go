package test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
)

// snapshotServer answers what the scripts of the snapshots ask, and keeps what would change something.
type snapshotServer struct {
	taken, list, indices, there, restored string // bodies
	fails                                 string // beginning of the request that is answered with 500
	changes                               []string
}

func (s *snapshotServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	request := r.Method + " " + r.URL.RequestURI()
	if r.Method != http.MethodGet && request != "PUT /_snapshot/backup" {
		s.changes = append(s.changes, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
	}
	if s.fails != "" && strings.HasPrefix(request, s.fails) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, "no master")
		return
	}
	switch {
	case strings.HasPrefix(request, "PUT /_snapshot/backup/"):
		fmt.Fprint(w, s.taken)
	case strings.HasPrefix(request, "GET /_cat/snapshots/backup"):
		fmt.Fprint(w, s.list)
	case strings.HasPrefix(request, "GET /_snapshot/backup/"):
		fmt.Fprint(w, s.indices)
	case strings.HasPrefix(request, "GET /_cat/indices"):
		fmt.Fprint(w, s.there)
	case strings.HasPrefix(request, "POST /_snapshot/backup/"):
		fmt.Fprint(w, s.restored)
	default:
		fmt.Fprint(w, `{"acknowledged":true}`)
	}
}

// run runs the script with ACTION and more variables, on the files that the chart gives it.
func (s *snapshotServer) run(t *testing.T, action string, env ...string) (string, error) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	root, err := state.Repository()
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(filepath.Join(root, "charts/sluice/charts/elasticsearch/files/snapshots"))))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "repository.json"), []byte("{}"), 0o600))
	return script(t, "elasticsearch/files/snapshots/main.sh", folder, append([]string{"ELASTICSEARCH_URL=" + server.URL, "INDEX=logs", "REPOSITORY=backup",
		"ACTION=" + action, "KEEP_DAYS=10", "KEEP_AT_LEAST=2", "TIMEOUT_SECONDS=20"}, env...)...)
}

const complete = `{"snapshot":{"state":"SUCCESS","failures":[]}}`

func snapshotOf(daysAgo int) string {
	return time.Now().UTC().AddDate(0, 0, -daysAgo).Format("logs-2006.01.02") + "-01.40.00"
}

func TestSnapshotIsTakenAndOldOnesAreDeleted(t *testing.T) {
	list := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	for name, test := range map[string]struct {
		server  snapshotServer
		fails   string
		deletes []string
	}{
		"the first": {snapshotServer{taken: complete, list: list(snapshotOf(0) + " SUCCESS")}, "", nil},
		"old ones": {snapshotServer{taken: complete, list: list(snapshotOf(0)+" SUCCESS", snapshotOf(9)+" SUCCESS", snapshotOf(11)+" SUCCESS", snapshotOf(12)+" PARTIAL")}, "",
			[]string{snapshotOf(11), snapshotOf(12)}},
		"at least so many complete ones": {snapshotServer{taken: complete, list: list(snapshotOf(0)+" SUCCESS", snapshotOf(11)+" FAILED", snapshotOf(30)+" SUCCESS", snapshotOf(31)+" SUCCESS")}, "",
			[]string{snapshotOf(11), snapshotOf(31)}},
		"others'": {snapshotServer{taken: complete, list: list(snapshotOf(0)+" SUCCESS", snapshotOf(1)+" SUCCESS", "logs2-2001.01.01-00.00.00 SUCCESS", "xlogs-2001.01.01-00.00.00 SUCCESS",
			"before-the-move SUCCESS", "logs-2001.01.01 SUCCESS", "logs-2001.01.01-00.00.00x SUCCESS")}, "", nil},
		"partial":        {snapshotServer{taken: `{"snapshot":{"state":"PARTIAL","failures":[{"index":"logs-2026.11.25"}]}}`, list: list(snapshotOf(99) + " PARTIAL")}, `is not complete: {"snapshot":{"state":"PARTIAL","failures":[{"index":"logs-2026.11.25"}]}}. LOOK HERE`, nil},
		"failed":         {snapshotServer{taken: `{"snapshot":{"state":"FAILED"}}`}, "is not complete", nil},
		"refused":        {snapshotServer{fails: "PUT /_snapshot/backup/"}, "was not taken: no master\n500. LOOK HERE", nil},
		"no repository":  {snapshotServer{fails: "PUT /_snapshot/backup"}, "error: the repository can't be used: no master\n500. LOOK HERE", nil},
		"can't list":     {snapshotServer{taken: complete, fails: "GET /_cat/snapshots"}, "error: Elasticsearch does not list its snapshots: no master\n500", nil},
		"can't delete":   {snapshotServer{taken: complete, fails: "DELETE", list: list(snapshotOf(0)+" SUCCESS", snapshotOf(99)+" FAILED")}, "was not deleted: no master\n500", []string{snapshotOf(99)}},
		"no answer text": {snapshotServer{}, "is not complete", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := test.server.run(t, "")
			checkScript(t, test.fails, output, err)
			if strings.HasPrefix(test.server.fails, "PUT /_snapshot/backup") && !strings.HasSuffix(test.server.fails, "/") {
				require.Empty(t, test.server.changes)
				return
			}
			require.Regexp(t, `^PUT /_snapshot/backup/logs-\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d {"indices": "logs-\*,-logs-test-\*", "include_global_state": false, "partial": true}$`, test.server.changes[0])
			var deletes []string
			for _, change := range test.server.changes[1:] {
				deletes = append(deletes, strings.TrimPrefix(change, "DELETE /_snapshot/backup/"))
			}
			assert.Equal(t, test.deletes, deletes)
		})
	}
}

func TestSnapshotsAreRestored(t *testing.T) {
	const (
		list     = "logs-2026.11.26-01.40.00 PARTIAL\nother SUCCESS\nlogs-2026.11.25-01.40.00 SUCCESS\nlogs-2026.11.24-01.40.00 SUCCESS\n"
		indices  = `{"snapshots":[{"indices":["logs-2026.11.25","logs-2026.11.24","logs-anomalies-2026.11.25","logs-dead-letter"]}]}`
		restored = `{"snapshot":{"shards":{"total":4,"failed":0,"successful":4}}}`
		newest   = "POST /_snapshot/backup/logs-2026.11.25-01.40.00/_restore "
		all      = `{"indices": "logs-2026.11.24,logs-2026.11.25,logs-anomalies-2026.11.25,logs-dead-letter", "include_global_state": false}`
	)
	for name, test := range map[string]struct {
		env     []string
		server  snapshotServer
		fails   string
		restore string // the one request that changes something
	}{
		"everything":   {nil, snapshotServer{list: list, indices: indices, there: "other\n", restored: restored}, "", newest + all},
		"an older one": {[]string{"SNAPSHOT=logs-2026.11.24-01.40.00"}, snapshotServer{indices: indices, restored: restored}, "", strings.Replace(newest, "11.25", "11.24", 1) + all},
		"one day": {[]string{"INDICES=logs-2026.11.25,logs-anomalies-2026.11.25"}, snapshotServer{list: list, indices: indices, there: "logs-2026.11.24\nlogs-2026.11.26\n", restored: restored}, "",
			newest + `{"indices": "logs-2026.11.25,logs-anomalies-2026.11.25", "include_global_state": false}`},
		"a pattern": {[]string{"INDICES=logs-*2026.11.24"}, snapshotServer{list: list, indices: indices, restored: restored}, "", newest + `{"indices": "logs-2026.11.24", "include_global_state": false}`},
		"beside": {[]string{"INDICES=*-2026.11.24", "PREFIX=old-"}, snapshotServer{list: list, indices: indices, there: "logs-2026.11.24\n", restored: restored}, "",
			newest + `{"indices": "logs-2026.11.24", "include_global_state": false, "include_aliases": false, "rename_pattern": "^", "rename_replacement": "old-"}`},
		"over what is there": {nil, snapshotServer{list: list, indices: indices, there: "logs-2026.11.24\nlogs-dead-letter\n", restored: restored}, "error: nothing is restored, since there are already: logs-2026.11.24 logs-dead-letter. Delete them", ""},
		"beside, again":      {[]string{"PREFIX=old-"}, snapshotServer{list: list, indices: indices, there: "old-logs-2026.11.24\n", restored: restored}, "since there are already: old-logs-2026.11.24.", ""},
		"only what is missing": {[]string{"EXISTING=skip"}, snapshotServer{list: list, indices: indices, there: "logs-2026.11.24\nlogs-dead-letter\n", restored: restored}, "",
			newest + `{"indices": "logs-2026.11.25,logs-anomalies-2026.11.25", "include_global_state": false}`},
		"nothing is missing":   {[]string{"EXISTING=skip", "INDICES=logs-dead-letter"}, snapshotServer{list: list, indices: indices, there: "logs-dead-letter\n"}, "has nothing to restore for logs-dead-letter", ""},
		"of another name":      {[]string{"INDICES=logs"}, snapshotServer{list: list, indices: indices}, "error: logs-2026.11.25-01.40.00 has nothing to restore for logs: it has logs-2026.11.24 logs-2026.11.25", ""},
		"an empty one":         {nil, snapshotServer{list: list, indices: `{"snapshots":[{"indices":[]}]}`}, "has nothing to restore for *", ""},
		"no snapshot":          {nil, snapshotServer{list: "other SUCCESS\nlogs-2026.11.26-01.40.00 PARTIAL\n"}, "error: there is no complete snapshot of logs in the repository backup", ""},
		"no such snapshot":     {[]string{"SNAPSHOT=gone"}, snapshotServer{fails: "GET /_snapshot/backup/gone"}, "error: there is no snapshot gone: no master\n500. LOOK HERE", ""},
		"can't list indices":   {nil, snapshotServer{list: list, indices: indices, fails: "GET /_cat/indices"}, "error: Elasticsearch does not list its indices", ""},
		"a shard is not":       {nil, snapshotServer{list: list, indices: indices, restored: `{"snapshot":{"shards":{"total":4,"failed":1,"successful":3}}}`}, "error: not every shard was restored", newest + all},
		"the master is lost":   {nil, snapshotServer{list: list, indices: indices, restored: `{"accepted":true}`}, "error: not every shard was restored", newest + all},
		"refused":              {nil, snapshotServer{list: list, indices: indices, fails: "POST"}, "was not restored: no master\n500. LOOK HERE", newest + all},
		"EXISTING is misspelt": {[]string{"EXISTING=Skip"}, snapshotServer{list: list, indices: indices, there: "logs-dead-letter\n"}, "nothing is restored", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := test.server.run(t, "restore", test.env...)
			checkScript(t, test.fails, output, err)
			assert.Equal(t, test.restore, strings.Join(test.server.changes, "\n"))
		})
	}
}

func TestSnapshotsAreListed(t *testing.T) {
	server := snapshotServer{list: "id status\nlogs-2026.11.25-01.40.00 SUCCESS\n", indices: `{"snapshots":[{"indices":["logs-b","logs-a"]}]}`}
	output, err := server.run(t, "list")
	require.NoError(t, err, output)
	assert.Equal(t, server.list, strings.TrimSuffix(output, "\n"))
	output, err = server.run(t, "list", "SNAPSHOT=logs-2026.11.25-01.40.00")
	require.NoError(t, err, output)
	assert.Equal(t, "logs-a\nlogs-b\n", output)
	assert.Empty(t, server.changes)

	server.fails = "GET"
	output, err = server.run(t, "list", "SNAPSHOT=gone")
	checkScript(t, "error: there is no snapshot gone", output, err)
}
