//go:build sim

package sim

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/release"
)

// The chart before this one, as it was packaged, and its prod preset: a clone may be too shallow to make them anew.
const (
	previousChart  = "test/testdata/sluice-0.1.0.tgz"
	previousValues = "test/testdata/sluice-0.1.0-values-prod.yaml"
)

// From the version before, with the values that its users have, back and forth again: the API server takes each step,
// and nothing that holds data is made anew.
func TestUpgradeFromThePreviousVersion(t *testing.T) {
	s := start(t, prodPools)
	r := s.emptyRelease(t, "sluice-previous")
	previous := filepath.Join(repository(t), previousChart)
	s.apply(t, r, previous, previousValues)
	before, oldVersion := s.dataHolders(t, r.Namespace), s.chartOf(t, r)
	secrets := s.secrets(t, r)

	for _, step := range []struct {
		name string
		do   func()
		back bool
	}{
		{"upgrade", func() { s.apply(t, r, chartDir(t), previousValues) }, false},
		{"rollback", func() { s.rollback(t, r, 1) }, true},
		{"second upgrade", func() { s.apply(t, r, chartDir(t), previousValues) }, false},
	} {
		timed(t, step.name, step.do)
		assert.Equal(t, step.back, oldVersion == s.chartOf(t, r), "after the %s the release is of %s", step.name, s.chartOf(t, r))
		after := s.dataHolders(t, r.Namespace)
		maps.DeleteFunc(after, func(name, _ string) bool { return before[name] == "" }) // what is new holds nothing yet
		assert.Empty(t, differences(before, after), "made anew or gone by the %s", step.name)
		now := s.secrets(t, r)
		for name, data := range secrets {
			assert.Equal(t, data, now[name], "Secret %s after the %s", name, step.name)
		}
	}
	s.uninstall(t, r)
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
