package test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

func TestNamesAndLabels(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		seen := map[string]bool{}
		for _, o := range objects {
			assert.False(t, seen[title(o)], "%s is rendered twice", title(o))
			seen[title(o)] = true
			assert.True(t, strings.HasPrefix(o.GetName(), "sluice-"), "%s: names are <release>-<component>", title(o))
			assert.Empty(t, validation.IsDNS1035Label(o.GetName()), title(o))
			assert.Equal(t, "sluice", o.GetNamespace(), title(o))

			labels := o.GetLabels()
			component := strings.TrimPrefix(strings.TrimSuffix(o.GetName(), "-headless"), "sluice-")
			assert.True(t, strings.HasPrefix(component, labels["app.kubernetes.io/name"]), "%s has the label name=%s", title(o), labels["app.kubernetes.io/name"])
			assert.Equal(t, "sluice", labels["app.kubernetes.io/instance"], title(o))
			assert.Equal(t, "sluice", labels["app.kubernetes.io/part-of"], title(o))
			assert.Equal(t, "Helm", labels["app.kubernetes.io/managed-by"], title(o))
			for _, label := range []string{"app.kubernetes.io/component", "app.kubernetes.io/version", "helm.sh/chart"} {
				assert.NotEmpty(t, labels[label], "%s: no label %s", title(o), label)
			}
		}
	})
}

// A label that changes with the chart would restart every pod, and block upgrades where it can't be changed.
func TestPodTemplatesCarrySelectorLabelsOnly(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(objects) {
			want := map[string]string{
				"app.kubernetes.io/name":     w.GetLabels()["app.kubernetes.io/name"],
				"app.kubernetes.io/instance": "sluice",
			}
			if _, ofTest := w.object.(*corev1.Pod); !ofTest { // it is replaced anyway
				assert.Equal(t, want, w.template.Labels, title(w))
			}
			if w.selector != nil {
				assert.Equal(t, want, w.selector, title(w))
			}
			for _, claim := range w.claims {
				assert.Equal(t, want, claim.Labels, title(w))
			}
		}
	})
}

// The longest release name still gives names that the API server takes; one more letter is refused.
func TestReleaseNameLength(t *testing.T) {
	stack := Preset("prod")
	stack.Release = strings.Repeat("r", 25)
	for _, o := range render(t, stack) {
		assert.Empty(t, validation.IsDNS1035Label(o.GetName()), title(o))
		if _, ok := o.(*appsv1.StatefulSet); ok {
			revision := o.GetName() + "-0123456789" // becomes a label of its pods
			assert.Empty(t, validation.IsValidLabelValue(revision), title(o))
		}
	}
	stack.Release += "r"
	_, err := stack.Render()
	assert.ErrorContains(t, err, "is too long: at most 25 characters")
}
