package compose

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// owner is whom a named volume belongs to.
type owner struct {
	user, group int64
	shared      bool // an emptyDir, which every user of the pod may write to
}

// mounts translates the volumes that a container mounts.
func (b *builder) mounts(s *service, c corev1.Container) error {
	for _, m := range c.VolumeMounts {
		if err := b.mount(s, m); err != nil {
			return fmt.Errorf("volume %s: %w", m.Name, err)
		}
	}
	return nil
}

func (b *builder) mount(s *service, m corev1.VolumeMount) error {
	for _, claim := range b.claims {
		if claim.Name == m.Name {
			return b.named(s, m, b.component+"-"+claim.Name, false)
		}
	}
	at := slices.IndexFunc(b.spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
	if at < 0 {
		return fmt.Errorf("the pod has none of this name")
	}
	switch v := b.spec.Volumes[at]; {
	case v.ConfigMap != nil:
		return b.folder(s, m, v.ConfigMap.Name, v.ConfigMap.Items, isTrue(v.ConfigMap.Optional))
	case v.Secret != nil:
		return b.folder(s, m, secretOf(v.Secret.SecretName), v.Secret.Items, isTrue(v.Secret.Optional))
	case v.Projected != nil:
		return b.projected(s, m, v.Projected.Sources)
	case v.PersistentVolumeClaim != nil:
		return b.named(s, m, volumeOf(v.PersistentVolumeClaim.ClaimName), false)
	case v.EmptyDir != nil:
		if b.users(m.Name) > 1 && v.EmptyDir.Medium != corev1.StorageMediumMemory {
			return b.named(s, m, b.component+"-"+m.Name, true)
		}
		// Programs are run from here too: the JVM's compression libraries unpack theirs. The user as well as the
		// mode: older versions of runc give it the mode of the image's folder.
		o := b.owner()
		s.Tmpfs = append(s.Tmpfs, fmt.Sprintf("%s:exec,mode=1777,uid=%d,gid=%d", m.MountPath, o.user, o.group))
		return nil
	}
	return fmt.Errorf("its kind has no counterpart in Compose")
}

// volumeOf is the volume of a claim. Kubernetes calls that of a StatefulSet's first pod <template>-<set>-0.
func volumeOf(claim string) string {
	if template, set, ofSet := strings.Cut(claim, "-"+releaseName+"-"); ofSet {
		return strings.TrimSuffix(set, "-0") + "-" + template
	}
	return strings.TrimPrefix(claim, releaseName+"-")
}

// users is the number of containers that mount a volume.
func (b *builder) users(volume string) int {
	count := 0
	for _, c := range containers(b.spec) {
		if slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume }) {
			count++
		}
	}
	return count
}

// named mounts a volume that outlives its container.
func (b *builder) named(s *service, m corev1.VolumeMount, name string, shared bool) error {
	if m.SubPath != "" {
		return fmt.Errorf("its subPath %s has no counterpart in Compose", m.SubPath)
	}
	o := b.owner()
	o.shared = shared
	b.volumes[name] = o
	s.Volumes = append(s.Volumes, mount{Type: "volume", Source: name, Target: m.MountPath, ReadOnly: m.ReadOnly})
	s.dependsOn(permissions, depends{Condition: completed})
	return nil
}

// owner is the user and group that the kubelet would give a volume of the pod to.
func (b *builder) owner() owner {
	var o owner
	context := b.spec.SecurityContext
	if context == nil {
		return o
	}
	if context.RunAsUser != nil {
		o.user = *context.RunAsUser
	}
	if group := cmp.Or(context.FSGroup, context.RunAsGroup); group != nil {
		o.group = *group
	}
	return o
}

// folder mounts what a ConfigMap or Secret holds: the folder, or single files of it.
func (b *builder) folder(s *service, m corev1.VolumeMount, name string, items []corev1.KeyToPath, optional bool) error {
	f, ok := b.folders[name]
	if !ok {
		if optional {
			return nil
		}
		return fmt.Errorf("the chart has no %s", name)
	}
	if len(items) == 0 && m.SubPath == "" {
		s.bind(f.path, m.MountPath)
		return nil
	}
	if len(items) == 0 {
		if _, ok := f.files[m.SubPath]; !ok {
			return fmt.Errorf("%s has no file %s", name, m.SubPath)
		}
		s.bind(path.Join(f.path, m.SubPath), m.MountPath)
		return nil
	}
	for _, item := range items {
		switch m.SubPath {
		case "":
			s.bind(path.Join(f.path, item.Key), path.Join(m.MountPath, item.Path))
		case item.Path:
			s.bind(path.Join(f.path, item.Key), m.MountPath)
		}
	}
	return nil
}

// projected mounts each file of several ConfigMaps and Secrets into one folder.
func (b *builder) projected(s *service, m corev1.VolumeMount, sources []corev1.VolumeProjection) error {
	for _, source := range sources {
		name, items, optional := "", []corev1.KeyToPath(nil), false
		switch {
		case source.ConfigMap != nil:
			name, items, optional = source.ConfigMap.Name, source.ConfigMap.Items, isTrue(source.ConfigMap.Optional)
		case source.Secret != nil:
			name, items, optional = secretOf(source.Secret.Name), source.Secret.Items, isTrue(source.Secret.Optional)
		default:
			return fmt.Errorf("what it projects has no counterpart in Compose")
		}
		if f, ok := b.folders[name]; ok && len(items) == 0 {
			for _, key := range slices.Sorted(maps.Keys(f.files)) {
				items = append(items, corev1.KeyToPath{Key: key, Path: key})
			}
		}
		if err := b.folder(s, m, name, items, optional); err != nil {
			return err
		}
	}
	return nil
}

func (s *service) bind(source, target string) {
	s.Volumes = append(s.Volumes, mount{
		Type: "bind", Source: "./" + path.Join(ConfigDir, source), Target: target, ReadOnly: true,
		Bind: &bindOptions{},
	})
}

// permissions is the service that hands the volumes to their users, as the kubelet does.
const permissions = "volume-permissions"

func (j *joiner) addPermissions(variants []*variant) error {
	elasticsearch, ok := variants[0].pods["elasticsearch"]
	if !ok {
		return fmt.Errorf("no elasticsearch, whose image has the shell and chown that %s needs", permissions)
	}
	s := &service{
		Image: elasticsearch.spec.Containers[0].Image, NetworkMode: "none", User: "0:0",
		CapDrop: []string{"ALL"}, CapAdd: []string{"CHOWN", "FOWNER"}, SecurityOpt: []string{"no-new-privileges:true"},
		Restart: "no",
	}
	script := "set -e\n"
	for _, name := range slices.Sorted(maps.Keys(j.volumes)) {
		at, o := "/volumes/"+name, j.volumes[name]
		s.Volumes = append(s.Volumes, mount{Type: "volume", Source: name, Target: at})
		mode := "0770"
		if o.shared {
			mode = "0777"
		}
		script += "chown " + strconv.FormatInt(o.user, 10) + ":" + strconv.FormatInt(o.group, 10) + " " + at + " && chmod " + mode + " " + at + "\n"
	}
	s.Entrypoint, s.Command = []string{"bash", "-c"}, []string{script}
	j.services[permissions] = s
	return nil
}
