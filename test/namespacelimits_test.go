package test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestNamespaceLimits(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		assert.Empty(t, of[*corev1.ResourceQuota](objects), "by default there is no quota")
		assert.Empty(t, of[*corev1.LimitRange](objects), "by default there are no ranges")
	})
	objects := with(t, "dev", table{"namespaceLimits": table{
		"quota":  table{"requests.memory": "64Gi", "pods": 80},
		"ranges": []any{table{"type": "Container", "max": table{"memory": "8Gi"}}},
	}})
	quotas, ranges := of[*corev1.ResourceQuota](objects), of[*corev1.LimitRange](objects)
	require.Len(t, quotas, 1)
	assert.Equal(t, corev1.ResourceList{"requests.memory": resource.MustParse("64Gi"), "pods": resource.MustParse("80")}, quotas[0].Spec.Hard)
	require.Len(t, ranges, 1)
	assert.Equal(t, corev1.LimitTypeContainer, ranges[0].Spec.Limits[0].Type)
	assert.Equal(t, resource.MustParse("8Gi"), ranges[0].Spec.Limits[0].Max["memory"])
}
