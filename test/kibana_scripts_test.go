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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKibanaImport(t *testing.T) {
	const busy = http.StatusServiceUnavailable
	type answer struct {
		status int
		body   string
	}
	taken := answer{200, `{"successCount":3,"success":true,"warnings":[],"successResults":[]}`}
	for name, test := range map[string]struct {
		statuses []int    // of /api/status, the last one from then on
		answers  []answer // to the import, the last one from then on
		timeout  string
		fails    string
		imports  int
	}{
		"at once":        {[]int{200}, []answer{taken}, "20", "", 1},
		"Kibana starts":  {[]int{busy, busy, 200}, []answer{taken}, "20", "", 1},
		"second try":     {[]int{200}, []answer{{busy, "not yet"}, {429, ""}, taken}, "20", "", 3},
		"one refused":    {[]int{200}, []answer{{200, `{"successCount":2,"success":false,"errors":[{"id":"b","type":"search","error":{"type":"missing_references"}}]}`}}, "20", "error: Kibana did not import all saved objects, see its answer above", 1},
		"one lost":       {[]int{200}, []answer{{200, `{"successCount":2,"success":true}`}}, "20", "error: Kibana did not import 3 saved objects", 1},
		"newer than it":  {[]int{200}, []answer{{422, `{"message":"belongs to a more recent version of Kibana"}`}}, "20", "error: Kibana refuses the saved objects, see its answer above", 1},
		"no rights":      {[]int{200}, []answer{{403, ""}}, "20", "error: Kibana does not let this Job import saved objects", 1},
		"never starts":   {[]int{busy}, []answer{taken}, "0", "error: Kibana was not available (curl: (22) The requested URL returned error: 503) within 0 s. LOOK HERE", 0},
		"never imported": {[]int{200}, []answer{{502, "gateway"}}, "0", "error: Kibana did not import the saved objects within 0 s. LOOK HERE", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, imports := 0, 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/status" {
					w.WriteHeader(test.statuses[min(asked, len(test.statuses)-1)])
					asked++
					return
				}
				assert.Equal(t, "POST /api/saved_objects/_import?overwrite=true", r.Method+" "+r.URL.RequestURI())
				assert.NotEmpty(t, r.Header.Get("kbn-xsrf"), "Kibana refuses a POST without it")
				file, header, err := r.FormFile("file")
				if assert.NoError(t, err) {
					content, err := io.ReadAll(file)
					assert.NoError(t, err)
					assert.Equal(t, "{\"id\":\"a\"}\n{\"id\":\"b\"}\n{\"id\":\"c\"}\n", string(content))
					assert.True(t, strings.HasSuffix(header.Filename, ".ndjson"), "Kibana goes by the file's name: %s", header.Filename)
				}
				a := test.answers[min(imports, len(test.answers)-1)]
				imports++
				w.WriteHeader(a.status)
				fmt.Fprint(w, a.body)
			}))
			defer server.Close()
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "1.ndjson"), []byte("{\"id\":\"a\"}\n{\"id\":\"b\"}\n"), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "2.ndjson"), []byte("{\"id\":\"c\"}\n"), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "import.sh"), []byte("not an object"), 0o600))
			output, err := script(t, "kibana/files/import/import.sh", folder, "KIBANA_URL="+server.URL, "TIMEOUT_SECONDS="+test.timeout)
			checkScript(t, test.fails, output, err)
			assert.Equal(t, test.imports, imports)
			if test.fails == "" {
				assert.Contains(t, output, "3 saved objects imported.")
			}
		})
	}
}

func TestKibanaHelmTest(t *testing.T) {
	for name, test := range map[string]struct {
		level   string
		status  int
		missing int
		fails   string
	}{
		"works":        {"available", 200, 0, ""},
		"degraded":     {"degraded", 200, 0, "error: Kibana is not available"},
		"unavailable":  {"unavailable", 503, 0, "error: 503"},
		"lost objects": {"available", 200, 2, "error: the dashboard is not complete"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(test.status)
				if r.URL.Path == "/api/status" {
					fmt.Fprintf(w, `{"status":{"overall":{"level":%q,"summary":"x"},"core":{}}}`, test.level)
					return
				}
				assert.Equal(t, "POST /api/saved_objects/_export", r.Method+" "+r.URL.RequestURI())
				body, _ := io.ReadAll(r.Body)
				assert.Contains(t, string(body), `"id": "sluice-overview"`)
				fmt.Fprintf(w, "{\"id\":\"sluice-overview\"}\n{\"exportedCount\":10,\"missingRefCount\":%d}", test.missing)
			}))
			defer server.Close()
			output, err := script(t, "kibana/files/test/test.sh", "", "KIBANA_URL="+server.URL)
			checkScript(t, test.fails, output, err)
		})
	}
}
