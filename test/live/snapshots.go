package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SnapshotJob runs a Job of Elasticsearch's CronJob for snapshots with more variables, as docs/operations.md says, demands that it
// ends with the exit code, and gives its log.
func (r Release) SnapshotJob(t *testing.T, exitCode int32, variables ...string) string {
	t.Helper()
	cronJob, err := r.BatchV1().CronJobs(r.Namespace).Get(t.Context(), r.Name+"-elasticsearch-snapshots", metav1.GetOptions{})
	require.NoError(t, err, "set elasticsearch.snapshots.enabled")
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: r.Namespace, Name: fmt.Sprintf("snapshots-%d", time.Now().UnixMilli())},
		Spec:       *cronJob.Spec.JobTemplate.Spec.DeepCopy(),
	}
	none := int32(0)
	job.Spec.BackoffLimit = &none
	container := &job.Spec.Template.Spec.Containers[0]
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		container.Env = slices.DeleteFunc(container.Env, func(v corev1.EnvVar) bool { return v.Name == name })
		container.Env = append(container.Env, corev1.EnvVar{Name: name, Value: value})
	}
	result, err := r.RunJob(t.Context(), job)
	require.NoError(t, err)
	require.Equal(t, exitCode, result.ExitCode, "%v: %s", variables, result.Log)
	return result.Log
}
