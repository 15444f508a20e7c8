//go:build sim

package sim

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"sluice/internal/release"
)

// An upgrade to the same changes no Secret, however often: a password that changes locks everybody out.
func TestUpgradesChangeNoSecret(t *testing.T) {
	s := start(t, onePool(1))
	r := s.emptyRelease(t, "sluice-secrets")
	loaded, err := loader.Load(chartDir(t))
	require.NoError(t, err)
	upgrade := s.secretsOnly(t, r)
	upgrade(loaded)
	before := s.secrets(t, r)
	require.NotEmpty(t, before, "Secrets of the release")
	timed(t, "100 upgrades", func() {
		for range 100 {
			upgrade(loaded)
		}
	})
	assert.Equal(t, before, s.secrets(t, r))

	// The check itself can fail.
	loaded.Templates = append(loaded.Templates, &chart.File{Name: "templates/careless.yaml", Data: []byte(carelessSecret)})
	upgrade(loaded)
	before = s.secrets(t, r)
	require.Contains(t, before, "careless")
	upgrade(loaded)
	assert.NotEqual(t, before, s.secrets(t, r), "a Secret that is made anew each time is not noticed")
}

const carelessSecret = `
apiVersion: v1
kind: Secret
metadata: {name: careless, labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
stringData: {password: {{ randAlphaNum 32 }}}
`

// secretsOnly installs the release, and returns what upgrades it to a chart with the prod preset. All of the chart is
// rendered, with the API server's answers; only its Secrets are sent back, which takes a tenth of the time.
func (s simulation) secretsOnly(t *testing.T, r release.Release) (upgrade func(*chart.Chart)) {
	t.Helper()
	values, err := chartutil.ReadValuesFile(filepath.Join(repository(t), "values/values-prod.yaml"))
	require.NoError(t, err)
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig, flags.Namespace = &r.Kubeconfig, &r.Namespace
	var config action.Configuration
	require.NoError(t, config.Init(flags, r.Namespace, "secret", func(string, ...any) {}))
	installed := false
	return func(c *chart.Chart) {
		if !installed {
			install := action.NewInstall(&config)
			install.ReleaseName, install.Namespace, install.PostRenderer = r.Name, r.Namespace, onlySecrets{}
			_, err := install.RunWithContext(t.Context(), c, values)
			require.NoError(t, err)
			installed = true
			return
		}
		change := action.NewUpgrade(&config)
		change.Namespace, change.MaxHistory, change.PostRenderer = r.Namespace, 2, onlySecrets{}
		change.DisableOpenAPIValidation = true // it reads the API server's schema each time
		_, err := change.RunWithContext(t.Context(), r.Name, c, values)
		require.NoError(t, err)
	}
}

// onlySecrets is a filter of rendered manifests.
type onlySecrets struct{}

func (onlySecrets) Run(rendered *bytes.Buffer) (*bytes.Buffer, error) {
	var kept bytes.Buffer
	for _, manifest := range strings.Split(rendered.String(), "\n---\n") {
		if strings.Contains("\n"+manifest, "\nkind: Secret\n") {
			kept.WriteString("---\n" + manifest + "\n")
		}
	}
	return &kept, nil
}
