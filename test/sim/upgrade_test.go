//go:build sim

package sim

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"

	"sluice/internal/release"
)

// Install, upgrade without and with a change, rollback, uninstall, install again: each step restarts the pods that it
// must and no others, and the second installation takes up the volumes of the first.
func TestUpgrades(t *testing.T) {
	s := start(t, prodPools)
	r := s.emptyRelease(t, "sluice-upgrade")
	const values = "values/values-prod.yaml"
	s.apply(t, r, chartDir(t), values)
	installed := s.podIDs(t, r.Namespace)

	s.apply(t, r, chartDir(t), values)
	assert.Empty(t, differences(installed, s.podIDs(t, r.Namespace)), "pods restarted by an upgrade to the same")

	changed := filepath.Join(t.TempDir(), "sluice")
	require.NoError(t, os.CopyFS(changed, os.DirFS(chartDir(t))))
	appendTo(t, filepath.Join(changed, "charts", "zookeeper", "files", "zoo.cfg"), "\n# changed\n")
	s.apply(t, r, changed, values)
	upgraded := s.podIDs(t, r.Namespace)
	zookeeper := []string{"sluice-zookeeper-0", "sluice-zookeeper-1", "sluice-zookeeper-2"}
	assert.Equal(t, zookeeper, differences(installed, upgraded), "pods restarted by a change of zoo.cfg")

	s.rollback(t, r, 1)
	assert.Equal(t, zookeeper, differences(upgraded, s.podIDs(t, r.Namespace)), "pods restarted by the rollback")

	claims := s.claims(t, r.Namespace)
	s.uninstall(t, r)
	s.apply(t, r, chartDir(t), values)
	assert.Equal(t, claims, s.claims(t, r.Namespace), "claims of the second installation")
	s.uninstall(t, r)
}

// rollback brings the release back to a revision, and waits until it is ready.
func (s simulation) rollback(t *testing.T, r release.Release, revision int) {
	t.Helper()
	require.NoError(t, r.Rollback(revision))
	require.NoError(t, r.Wait(t.Context(), s.client, func(string, ...any) {}))
}

// podIDs are the unique ids of the pods by name, those of Jobs left out.
func (s simulation) podIDs(t *testing.T, namespace string) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, pod := range s.pods(t, namespace, "") {
		if _, ofJob := pod.Labels[batchv1.JobNameLabel]; !ofJob && pod.DeletionTimestamp == nil {
			ids[pod.Name] = string(pod.UID)
		}
	}
	return ids
}

// differences are the names, sorted, of what is not the same in both.
func differences(before, after map[string]string) []string {
	var names []string
	for name, id := range before {
		if after[name] != id {
			names = append(names, name)
		}
	}
	for name := range after {
		if before[name] == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func appendTo(t *testing.T, file, text string) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(content, text...), 0o644))
}
