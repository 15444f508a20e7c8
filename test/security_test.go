package test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Every pod is admitted by a namespace that enforces the Pod Security level "restricted".
func TestPodsAreRestricted(t *testing.T) {
	version, err := api.ParseVersion("v1.35")
	require.NoError(t, err)
	checker, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)

	eachPreset(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(objects) {
			level := api.LevelVersion{Level: api.LevelRestricted, Version: version}
			result := policy.AggregateCheckResults(checker.EvaluatePod(level, &w.template.ObjectMeta, &w.template.Spec))
			assert.True(t, result.Allowed, "%s: %s: %s", title(w), result.ForbiddenReason(), result.ForbiddenDetail())
		}
	})
}

// What "restricted" does not ask for.
func TestPodsHaveNoMoreThanTheyNeed(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(objects) {
			spec := w.template.Spec
			if assert.NotNil(t, spec.AutomountServiceAccountToken, title(w)) {
				assert.False(t, *spec.AutomountServiceAccountToken, "%s: no pod speaks to the API server", title(w))
			}
			if assert.NotNil(t, spec.EnableServiceLinks, title(w)) {
				assert.False(t, *spec.EnableServiceLinks, "%s: SLUICE_… variables of Services would be read as flags", title(w))
			}
			assert.NotNil(t, spec.SecurityContext.RunAsUser, "%s: runAsUser must be a number", title(w))
			assert.NotNil(t, spec.SecurityContext.RunAsGroup, "%s: runAsGroup must be a number", title(w))
			if len(w.claims) > 0 {
				assert.NotNil(t, spec.SecurityContext.FSGroup, "%s: its volume would belong to root", title(w))
			}
			for _, c := range containers(spec) {
				readOnly := c.SecurityContext.ReadOnlyRootFilesystem
				assert.True(t, readOnly != nil && *readOnly, "%s, container %s: the root file system must be read-only", title(w), c.Name)
			}
		}
	})
}
