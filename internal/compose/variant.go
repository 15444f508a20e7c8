package compose

import (
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// variant is one rendering of the chart, that of one profile.
type variant struct {
	profile  string
	pods     map[string]pod // by component
	services []*corev1.Service
	folders  map[string]*folder // what ConfigMaps hold, by their names, and Secrets, by secretOf(name)
}

// secretOf keeps a Secret apart from the ConfigMap of the same name.
func secretOf(name string) string { return secretDir + "/" + name }

const secretDir = "secret"

// folder is the content of a ConfigMap or Secret.
type folder struct {
	files map[string]string
	path  string // below ConfigDir
}

// pod is one pod of a workload.
type pod struct {
	name     string // hostname
	spec     corev1.PodSpec
	labels   map[string]string
	checksum string // of its configuration
	claims   []corev1.PersistentVolumeClaim
	headless string // the Service that names the pods of a StatefulSet
	once     bool   // ends by itself
	profile  string // profileCron or profileTest, if it is not started by `up`
}

func newVariant(profile string, manifests []string) (*variant, error) {
	v := &variant{profile: profile, pods: map[string]pod{}, folders: map[string]*folder{}}
	for _, manifest := range manifests {
		object, err := decode(manifest)
		if err != nil {
			return nil, err
		}
		if err := v.take(object); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// decode gives the typed object; kinds that Kubernetes itself does not know are left to take.
func decode(manifest string) (runtime.Object, error) {
	var meta metav1.PartialObjectMetadata
	if err := yaml.Unmarshal([]byte(manifest), &meta); err != nil {
		return nil, err
	}
	object, err := scheme.Scheme.New(meta.GroupVersionKind())
	if runtime.IsNotRegisteredError(err) {
		return &meta, nil
	}
	if err != nil {
		return nil, err
	}
	return object, yaml.UnmarshalStrict([]byte(manifest), object)
}

func (v *variant) take(object runtime.Object) error {
	switch o := object.(type) {
	case *corev1.Service:
		v.services = append(v.services, o)
	case *corev1.ConfigMap:
		v.folders[o.Name] = &folder{files: o.Data}
	case *corev1.Secret:
		f := &folder{files: map[string]string{}}
		for key, value := range o.Data {
			f.files[key] = string(value)
		}
		for key, value := range o.StringData {
			f.files[key] = value
		}
		v.folders[secretOf(o.Name)] = f
	case *appsv1.StatefulSet:
		if err := single(o.Name, o.Spec.Replicas); err != nil {
			return err
		}
		p := newPod(o.Name+"-0", o.Spec.Template)
		p.claims, p.headless = o.Spec.VolumeClaimTemplates, o.Spec.ServiceName
		return v.addPod(o, p)
	case *appsv1.Deployment:
		if err := single(o.Name, o.Spec.Replicas); err != nil {
			return err
		}
		return v.addPod(o, newPod(o.Name, o.Spec.Template))
	case *batchv1.Job:
		p := newPod(o.Name, o.Spec.Template)
		p.once = true
		return v.addPod(o, p)
	case *batchv1.CronJob:
		p := newPod(o.Name, o.Spec.JobTemplate.Spec.Template)
		p.once, p.profile = true, profileCron
		return v.addPod(o, p)
	case *corev1.Pod:
		p := newPod(o.Name, corev1.PodTemplateSpec{ObjectMeta: o.ObjectMeta, Spec: o.Spec})
		p.once, p.profile = true, profileTest
		return v.addPod(o, p)
	case *policyv1.PodDisruptionBudget, *networkingv1.NetworkPolicy, *autoscalingv2.HorizontalPodAutoscaler, *corev1.PersistentVolumeClaim,
		*metav1.PartialObjectMetadata: // nothing that one machine with one of each needs
	default:
		return fmt.Errorf("%s is a kind that internal/compose does not know: translate it, or list it as not needed", object.GetObjectKind().GroupVersionKind().Kind)
	}
	return nil
}

// single refuses replicas: Compose names containers, not pods behind a Service.
func single(name string, replicas *int32) error {
	if replicas != nil && *replicas != 1 {
		return fmt.Errorf("%s has %d replicas: Compose runs one of each, as the dev preset says", name, *replicas)
	}
	return nil
}

func newPod(name string, template corev1.PodTemplateSpec) pod {
	return pod{name: name, spec: template.Spec, labels: template.Labels, checksum: template.Annotations["checksum/config"]}
}

func (v *variant) addPod(o metav1.Object, p pod) error {
	name := o.GetLabels()["app.kubernetes.io/name"]
	if name == "" {
		return errors.New(o.GetName() + " has no label app.kubernetes.io/name")
	}
	if _, ok := v.pods[name]; ok {
		return fmt.Errorf("two workloads have the label app.kubernetes.io/name=%s", name)
	}
	v.pods[name] = p
	return nil
}

// servicesOf are the Services that select the pod.
func (v *variant) servicesOf(p pod) []*corev1.Service {
	var found []*corev1.Service
	for _, service := range v.services {
		matches := len(service.Spec.Selector) > 0
		for key, value := range service.Spec.Selector {
			matches = matches && p.labels[key] == value
		}
		if matches {
			found = append(found, service)
		}
	}
	return found
}

// imagesWithBash are those that the chart itself calls bash in: their ports can be asked from inside.
func (v *variant) imagesWithBash() map[string]bool {
	found := map[string]bool{}
	for _, p := range v.pods {
		for _, c := range containers(p.spec) {
			calls := [][]string{c.Command}
			for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
				if probe != nil && probe.Exec != nil {
					calls = append(calls, probe.Exec.Command)
				}
			}
			for _, call := range calls {
				if len(call) > 0 && (call[0] == "bash" || strings.HasSuffix(call[0], "/bash")) {
					found[c.Image] = true
				}
			}
		}
	}
	return found
}

func containers(spec corev1.PodSpec) []corev1.Container {
	return append(append([]corev1.Container{}, spec.InitContainers...), spec.Containers...)
}
