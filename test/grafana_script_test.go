package test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The script of the pod that `helm test` runs, against a stand-in for Grafana.
func TestGrafanaTest(t *testing.T) {
	const two = `[{"uid":"sluice-kafka","tags":["sluice"]},{"uid":"sluice-spark","tags":["sluice"]}]`
	for name, test := range map[string]struct {
		health, dashboards, up string
		fails                  string
	}{
		"fine":              {`{"database": "ok", "version": "12.4.12"}`, two, `{"data":{"result":[{"metric":{"__name__":"up"}}]}}`, ""},
		"database":          {`{"database":"failing"}`, two, ``, "Grafana is not healthy"},
		"a dashboard less":  {`{"database":"ok"}`, `[{"uid":"sluice-kafka"}]`, ``, "Grafana has 1 of 2 dashboards"},
		"empty Prometheus":  {`{"database":"ok"}`, two, `{"data":{"result":[]}}`, "no data from Prometheus"},
		"no answer from it": {`{"database":"ok"}`, two, "", "curl: (22)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				user, password, _ := r.BasicAuth()
				assert.Equal(t, `admin s3\cr"et`, user+" "+password)
				switch r.URL.Path {
				case "/api/health":
					w.Write([]byte(test.health))
				case "/api/search":
					assert.Equal(t, "sluice", r.URL.Query().Get("tag"))
					w.Write([]byte(test.dashboards))
				case "/api/datasources/proxy/uid/prometheus/api/v1/query":
					if test.up == "" {
						w.WriteHeader(http.StatusBadGateway)
					}
					w.Write([]byte(test.up))
				default:
					t.Errorf("asked for %s", r.URL)
				}
			}))
			defer server.Close()
			secret := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(secret, "admin-user"), []byte("admin"), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(secret, "admin-password"), []byte(`s3\cr"et`), 0o600))
			output, err := script(t, "grafana/files/test/test.sh", "", "URL="+server.URL, "SECRET="+secret, "DASHBOARDS=2")
			checkScript(t, test.fails, output, err)
		})
	}
}
