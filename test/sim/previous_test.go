//go:build sim

package sim

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/release"
)

// The chart before this one, as it was packaged, and its prod preset: a clone may be too shallow to make them anew.
const (
	previousChart  = "test/testdata/sluice-0.2.0.tgz"
	previousValues = "test/testdata/sluice-0.2.0-values-prod.yaml"
)

// From the version before, with the values that its users have, back and forth again: the API server takes each step,
// and nothing that holds data is made anew. First with Logstash, and then from the Collector, which that version had, to the
// indexer.
func TestUpgradeFromThePreviousVersion(t *testing.T) {
	s := start(t, prodPools)
	r := s.emptyRelease(t, "sluice-previous")
	previous := filepath.Join(repository(t), previousChart)
	s.apply(t, r, previous, previousValues)
	before, oldVersion := s.dataHolders(t, r.Namespace), s.chartOf(t, r)
	secrets := s.secrets(t, r)
	step := func(name string, back bool, do func()) {
		timed(t, name, do)
		assert.Equal(t, back, oldVersion == s.chartOf(t, r), "after the %s the release is of %s", name, s.chartOf(t, r))
		after := s.dataHolders(t, r.Namespace)
		maps.DeleteFunc(after, func(holder, _ string) bool { return before[holder] == "" }) // what is new holds nothing yet
		assert.Empty(t, differences(before, after), "made anew or gone by the %s", name)
		now := s.secrets(t, r)
		for secret, data := range secrets {
			assert.Equal(t, data, now[secret], "Secret %s after the %s", secret, name)
		}
	}

	err := r.Apply(t.Context(), chartDir(t), []string{filepath.Join(repository(t), previousValues)}, nil)
	require.ErrorContains(t, err, "leave otelCollector out, and set indexer.enabled to true", "with the values of the Collector")
	values := withoutCollector(t)
	step("upgrade", false, func() { s.apply(t, r, chartDir(t), values) })
	step("rollback", true, func() { s.rollback(t, r, 1) })

	delete(before, "statefulsets/sluice-logstash")
	step("change to the Collector", true, func() {
		s.apply(t, r, previous, previousValues, "logstash.enabled=false", "otelCollector.enabled=true")
	})
	// Its volumes stay, and what the Collector has in its queue: the rollback finds them.
	before = s.dataHolders(t, r.Namespace)
	const collector = "statefulsets/sluice-otel-collector"
	require.Contains(t, before, collector)
	delete(before, collector)
	step("upgrade to the indexer", false, func() { s.apply(t, r, chartDir(t), values, "logstash.enabled=false", "indexer.enabled=true") })
	require.NotContains(t, s.dataHolders(t, r.Namespace), collector)
	s.uninstall(t, r)
}

// withoutCollector is a file with the values of the version before, but for those of the Collector, as its users leave them out.
func withoutCollector(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository(t), previousValues))
	require.NoError(t, err)
	var values map[string]any
	require.NoError(t, yaml.Unmarshal(content, &values))
	delete(values, "otelCollector")
	delete(values["global"].(map[string]any)["pools"].(map[string]any), "otel-collector")
	content, err = yaml.Marshal(values)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "values.yaml")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	return file
}

// secrets are the data of the release's Secrets by name. Helm's own, which hold its revisions, have other labels.
func (s simulation) secrets(t *testing.T, r release.Release) map[string]map[string][]byte {
	t.Helper()
	list, err := s.client.CoreV1().Secrets(r.Namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + r.Name})
	require.NoError(t, err)
	secrets := map[string]map[string][]byte{}
	for _, secret := range list.Items {
		secrets[secret.Name] = secret.Data
	}
	return secrets
}

// dataHolders are the unique ids of what must never be made anew: claims with the volume that each is bound to, and
// StatefulSets.
func (s simulation) dataHolders(t *testing.T, namespace string) map[string]string {
	t.Helper()
	holders := map[string]string{}
	claims, err := s.client.CoreV1().PersistentVolumeClaims(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, claim := range claims.Items {
		holders[claimPrefix+claim.Name] = string(claim.UID) + " " + claim.Spec.VolumeName
	}
	require.NotEmpty(t, holders, "claims")
	sets, err := s.client.AppsV1().StatefulSets(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, sets.Items, "StatefulSets")
	for _, set := range sets.Items {
		holders["statefulsets/"+set.Name] = string(set.UID)
	}
	return holders
}

// chartOf is the chart's name and version that Kafka's objects carry.
func (s simulation) chartOf(t *testing.T, r release.Release) string {
	t.Helper()
	set, err := s.client.AppsV1().StatefulSets(r.Namespace).Get(t.Context(), r.Name+"-kafka", metav1.GetOptions{})
	require.NoError(t, err)
	return set.Labels["helm.sh/chart"]
}
