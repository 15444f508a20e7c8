package compose

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// joiner collects the services of all variants.
type joiner struct {
	services map[string]*service
	volumes  map[string]owner
	withBash map[string]bool
	files    map[string]File
}

// version is a pod as some of the profiles have it.
type version struct {
	text     string // its services, to compare
	first    *variant
	profiles []string
}

// add adds the services of one component. What is the same in several profiles is one service of them all;
// the second version that differs has its profile in its name.
func (j *joiner) add(component string, variants []*variant) error {
	var versions []*version
	for _, v := range variants {
		if _, ok := v.pods[component]; !ok {
			continue
		}
		services, err := j.build(v, component, component)
		if err != nil {
			return err
		}
		text, err := yaml.Marshal(services)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(versions, func(known *version) bool { return known.text == string(text) })
		if at < 0 {
			at = len(versions)
			versions = append(versions, &version{text: string(text), first: v})
		}
		versions[at].profiles = append(versions[at].profiles, v.profile)
	}
	for i, known := range versions {
		name := component
		if i > 0 {
			name += "-" + known.first.profile
		}
		services, err := j.build(known.first, component, name)
		if err != nil {
			return err
		}
		for name, s := range services {
			if _, ok := j.services[name]; ok {
				return fmt.Errorf("two services are called %s", name)
			}
			s.Profiles = profiles(known.first.pods[component].profile, known.profiles, len(known.profiles) == len(variants))
			j.services[name] = s
		}
	}
	return nil
}

// profiles of a service: none means that it always runs.
func profiles(onDemand string, names []string, all bool) []string {
	switch {
	case all && onDemand == "":
		return nil
	case all:
		return []string{onDemand}
	case onDemand == "":
		return names
	}
	var own []string
	for _, name := range names {
		own = append(own, onDemand+"-"+name)
	}
	return own
}

func (j *joiner) build(v *variant, component, name string) (map[string]*service, error) {
	b := &builder{variant: v, pod: v.pods[component], component: component, service: name, withBash: j.withBash, volumes: j.volumes, files: j.files}
	return b.build()
}

const head = `# Made from the chart by ` + "`make golden`" + `: do not edit. Images, commands, variables, ports and limits are those of
# values/values-dev.yaml; the files below compose/config are written by ` + "`make compose-config`" + `.
#
#   make compose-config && docker compose up
#
# .env names the profile: logstash (everything), sealed (without the images that can only be pulled, the indexer in
# Logstash's place). Ports are published on this machine only; SLUICE_ADDRESS and
# SLUICE_<SERVICE>_PORT change that. ` + "`docker compose run --rm <component>-test`" + ` runs what ` + "`helm test`" + ` would.

`

func (j *joiner) marshal() ([]byte, error) {
	project := struct {
		Name     string              `yaml:"name"`
		Services map[string]*service `yaml:"services"`
		Volumes  map[string]struct{} `yaml:"volumes"`
	}{releaseName, j.services, map[string]struct{}{}}
	for _, name := range slices.Collect(maps.Keys(j.volumes)) {
		project.Volumes[name] = struct{}{}
	}
	var out bytes.Buffer
	out.WriteString(head)
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(project)
	return out.Bytes(), err
}
