package compose

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// container translates one container; once means that it ends by itself.
func (b *builder) container(c corev1.Container, once bool) (*service, error) {
	s := &service{Image: c.Image, WorkingDir: c.WorkingDir, StopGracePeriod: "30s"}
	if b.spec.TerminationGracePeriodSeconds != nil {
		s.StopGracePeriod = fmt.Sprintf("%ds", *b.spec.TerminationGracePeriodSeconds)
	}
	env, err := b.environment(c)
	if err != nil {
		return nil, fmt.Errorf("container %s: %w", c.Name, err)
	}
	b.setEnvironment(s, c, env)
	for _, arg := range c.Command {
		s.Entrypoint = append(s.Entrypoint, escape(expand(arg, env)))
	}
	for _, arg := range c.Args {
		s.Command = append(s.Command, escape(expand(arg, env)))
	}
	if err := b.mounts(s, c); err != nil {
		return nil, fmt.Errorf("container %s: %w", c.Name, err)
	}
	b.secure(s, c)
	if memory, ok := c.Resources.Limits[corev1.ResourceMemory]; ok {
		s.MemLimit = limit(memory.String(), memory.Value())
	}
	switch {
	case b.profile() != "":
		s.Restart = "no"
	case once:
		s.Restart = "on-failure"
	default:
		s.Restart = "unless-stopped"
		s.Healthcheck = b.health(c)
	}
	if b.checksum != "" {
		// A changed file is a changed label, and so a new container.
		s.Labels = map[string]string{"sluice.config": b.checksum[:16]}
	}
	return s, nil
}

// setEnvironment writes the variables into the service; those from Secrets into a file that it reads, which is not
// committed as docker-compose.yml is.
func (b *builder) setEnvironment(s *service, c corev1.Container, env map[string]string) {
	var secret strings.Builder
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool {
			return e.Name == name && e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil
		}) {
			fmt.Fprintf(&secret, "%s='%s'\n", name, env[name])
			continue
		}
		if s.Environment == nil {
			s.Environment = map[string]string{}
		}
		s.Environment[name] = escape(env[name])
	}
	if secret.Len() > 0 {
		file := path.Join(secretDir, b.component+"-"+c.Name+".env")
		b.files[file] = File{Content: secret.String(), Secret: true}
		s.EnvFile = []string{"./" + path.Join(ConfigDir, file)}
	}
}

func (b *builder) profile() string { return b.pod.profile }

// secure is what Pod Security "restricted" asks for, in Docker's words.
func (b *builder) secure(s *service, c corev1.Container) {
	podContext := b.spec.SecurityContext
	if podContext == nil {
		podContext = &corev1.PodSecurityContext{}
	}
	context := c.SecurityContext
	if context == nil {
		context = &corev1.SecurityContext{}
	}
	if uid := cmp.Or(context.RunAsUser, podContext.RunAsUser); uid != nil {
		s.User = strconv.FormatInt(*uid, 10)
		if gid := cmp.Or(context.RunAsGroup, podContext.RunAsGroup); gid != nil {
			s.User += ":" + strconv.FormatInt(*gid, 10)
		}
	}
	if podContext.FSGroup != nil {
		s.GroupAdd = []string{strconv.FormatInt(*podContext.FSGroup, 10)}
	}
	s.ReadOnly = context.ReadOnlyRootFilesystem != nil && *context.ReadOnlyRootFilesystem
	if context.Capabilities != nil {
		for _, capability := range context.Capabilities.Drop {
			s.CapDrop = append(s.CapDrop, string(capability))
		}
		for _, capability := range context.Capabilities.Add {
			s.CapAdd = append(s.CapAdd, string(capability))
		}
	}
	if context.AllowPrivilegeEscalation != nil && !*context.AllowPrivilegeEscalation {
		s.SecurityOpt = []string{"no-new-privileges:true"}
	}
}

// environment resolves the variables of a container as the kubelet would.
func (b *builder) environment(c corev1.Container) (map[string]string, error) {
	env := map[string]string{}
	for _, from := range c.EnvFrom {
		name, optional := "", false
		switch {
		case from.ConfigMapRef != nil:
			name, optional = from.ConfigMapRef.Name, isTrue(from.ConfigMapRef.Optional)
		case from.SecretRef != nil:
			name, optional = secretOf(from.SecretRef.Name), isTrue(from.SecretRef.Optional)
		}
		f, ok := b.folders[name]
		if !ok && !optional {
			return nil, fmt.Errorf("its variables come from %s, which the chart does not have", name)
		}
		if ok {
			for key, value := range f.files {
				env[from.Prefix+key] = value
			}
		}
	}
	for _, e := range c.Env {
		value, found, err := b.value(c, e, env)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", e.Name, err)
		}
		if found {
			env[e.Name] = value
		}
	}
	return env, nil
}

func (b *builder) value(c corev1.Container, e corev1.EnvVar, known map[string]string) (value string, found bool, err error) {
	from := e.ValueFrom
	switch {
	case from == nil:
		return expand(e.Value, known), true, nil
	case from.FieldRef != nil:
		value, err = b.field(from.FieldRef.FieldPath)
		return value, true, err
	case from.ResourceFieldRef != nil:
		return "", false, fmt.Errorf("a resourceFieldRef has no counterpart in Compose: set it from values")
	case from.ConfigMapKeyRef != nil:
		return b.key(from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Optional)
	case from.SecretKeyRef != nil:
		return b.key(secretOf(from.SecretKeyRef.Name), from.SecretKeyRef.Key, from.SecretKeyRef.Optional)
	}
	return "", false, fmt.Errorf("container %s: unknown source", c.Name)
}

func (b *builder) key(object, key string, optional *bool) (string, bool, error) {
	if f, ok := b.folders[object]; ok {
		if value, ok := f.files[key]; ok {
			return value, true, nil
		}
	}
	if isTrue(optional) {
		return "", false, nil
	}
	return "", false, fmt.Errorf("the chart has no %s with the key %s", object, key)
}

// field is what a pod knows about itself. One machine is no zone.
func (b *builder) field(path string) (string, error) {
	switch path {
	case "metadata.name", "status.podIP":
		return b.name, nil
	case "metadata.namespace":
		return namespace, nil
	case "spec.nodeName":
		return "compose", nil
	case "metadata.labels['topology.kubernetes.io/zone']":
		return "", nil
	}
	return "", fmt.Errorf("the field %s has no counterpart in Compose", path)
}

var reference = regexp.MustCompile(`\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)`)

// expand replaces $(NAME) as the kubelet does: $$ is a dollar, an unknown name stays.
func expand(text string, env map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(match string) string {
		if match == "$$" {
			return "$"
		}
		if value, ok := env[match[2:len(match)-1]]; ok {
			return value
		}
		return match
	})
}

// escape keeps Compose from replacing variables in a text.
func escape(text string) string { return strings.ReplaceAll(text, "$", "$$") }

// limit writes a quantity in Compose's units, which are powers of two as well.
func limit(text string, value int64) string {
	if number, ok := strings.CutSuffix(text, "i"); ok {
		return strings.ToLower(number)
	}
	return strconv.FormatInt(value, 10)
}

func isTrue(b *bool) bool { return b != nil && *b }
