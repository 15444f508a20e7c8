package test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// object is anything of a rendering, decoded into its Kubernetes type.
type object interface {
	runtime.Object
	metav1.Object
}

// workload is an object that makes pods.
type workload struct {
	object
	replicas int32             // 0 for what does not run all the time: a CronJob, a pod of `helm test`
	selector map[string]string // nil for what gets a generated one, or none
	template corev1.PodTemplateSpec
	claims   []corev1.PersistentVolumeClaim
}

// title is how a failing check names an object.
func title(o object) string {
	return o.GetObjectKind().GroupVersionKind().Kind + " " + o.GetName()
}

// eachPreset runs a check as a subtest of every shipped preset, and of dev without the images that no package holds.
func eachPreset(t *testing.T, check func(t *testing.T, objects []object)) {
	for _, preset := range append(slices.Clone(presets), sealed) {
		t.Run(preset, func(t *testing.T) { check(t, presetObjects(t, preset)) })
	}
}

// rendered keeps what the checks only read.
var rendered = map[string][]object{}

func presetObjects(t *testing.T, preset string) []object {
	t.Helper()
	if rendered[preset] == nil {
		rendered[preset] = render(t, presetStack(t, preset))
	}
	return rendered[preset]
}

func presetStack(t *testing.T, preset string) Stack {
	t.Helper()
	if preset != sealed {
		return Preset(preset)
	}
	stack, err := Sealed()
	require.NoError(t, err)
	return stack
}

// render gives the decoded objects of a stack; a field that Kubernetes does not know fails the test.
func render(t *testing.T, stack Stack) []object {
	t.Helper()
	rendered, err := stack.Render()
	require.NoError(t, err)
	var objects []object
	for _, manifest := range rendered.Manifests {
		decoded, err := decode([]byte(manifest))
		require.NoError(t, err, manifest)
		objects = append(objects, decoded)
	}
	return objects
}

func decode(manifest []byte) (object, error) {
	var meta metav1.TypeMeta
	if err := yaml.Unmarshal(manifest, &meta); err != nil {
		return nil, err
	}
	decoded, err := scheme.Scheme.New(meta.GroupVersionKind())
	if err != nil {
		return nil, err
	}
	content, err := yaml.YAMLToJSONStrict(manifest)
	if err != nil {
		return nil, err
	}
	// Field names count with their case, as they do for the API server.
	unknown, err := json.UnmarshalStrict(content, decoded)
	if err := errors.Join(append(unknown, err)...); err != nil {
		return nil, fmt.Errorf("%s: %w", meta.Kind, err)
	}
	return decoded.(object), nil
}

// of filters objects by type.
func of[T object](objects []object) []T {
	var found []T
	for _, o := range objects {
		if o, ok := o.(T); ok {
			found = append(found, o)
		}
	}
	return found
}

// named finds the one object of a type and name.
func named[T object](t *testing.T, objects []object, name string) T {
	t.Helper()
	for _, o := range of[T](objects) {
		if o.GetName() == name {
			return o
		}
	}
	var none T
	require.Failf(t, "not rendered", "%T %s", none, name)
	return none
}

func workloads(objects []object) []workload {
	var found []workload
	for _, o := range objects {
		switch w := o.(type) {
		case *appsv1.StatefulSet:
			found = append(found, workload{o, *w.Spec.Replicas, w.Spec.Selector.MatchLabels, w.Spec.Template, w.Spec.VolumeClaimTemplates})
		case *appsv1.Deployment:
			found = append(found, workload{o, *w.Spec.Replicas, w.Spec.Selector.MatchLabels, w.Spec.Template, nil})
		case *batchv1.Job:
			found = append(found, workload{o, 1, nil, w.Spec.Template, nil})
		case *batchv1.CronJob:
			found = append(found, workload{o, 0, nil, w.Spec.JobTemplate.Spec.Template, nil})
		case *corev1.Pod:
			found = append(found, workload{o, 0, nil, corev1.PodTemplateSpec{ObjectMeta: w.ObjectMeta, Spec: w.Spec}, nil})
		}
	}
	return found
}

// containers are all of a pod, init containers first.
func containers(spec corev1.PodSpec) []corev1.Container {
	return append(append([]corev1.Container{}, spec.InitContainers...), spec.Containers...)
}
