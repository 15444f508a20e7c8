//go:build sim

package sim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// checkThatPrivilegedPodsAreRefused proves that a release that gets ready in this namespace was checked.
func (s simulation) checkThatPrivilegedPodsAreRefused(t *testing.T, namespace string) {
	t.Helper()
	privileged := true
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "privileged"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name:            "main",
			Image:           "none",
			SecurityContext: &corev1.SecurityContext{Privileged: &privileged},
		}}},
	}
	_, err := s.client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	assert.ErrorContains(t, err, `violates PodSecurity "restricted:latest"`)
}
