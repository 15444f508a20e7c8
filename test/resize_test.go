package test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/strvals"
	appsv1 "k8s.io/api/apps/v1"

	"sluice/internal/resize"
)

// `sluice resize` knows every component that has volumes, and names the value that sizes them.
func TestEveryVolumeCanBeResized(t *testing.T) {
	values := func(more string) table {
		set := table{}
		require.NoError(t, strvals.ParseInto(more, set))
		return set
	}
	for _, set := range of[*appsv1.StatefulSet](with(t, "prod", values("grafana.storage.size=1Gi"))) {
		key, err := resize.Key(set.Labels["app.kubernetes.io/name"])
		require.NoError(t, err)
		larger := named[*appsv1.StatefulSet](t, with(t, "prod", values("grafana.storage.size=1Gi,"+key+"=123Gi")), set.Name)
		assert.Equal(t, "123Gi", larger.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests.Storage().String(), "%s sizes %s", key, set.Name)
	}
}
