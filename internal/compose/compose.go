// Package compose makes docker-compose.yml, and the files that its services mount, out of the rendered chart:
// images, commands, variables, ports and configuration are written once, in the chart.
package compose

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"sluice/internal/images"
	"sluice/internal/release"
)

const (
	releaseName = "sluice"
	namespace   = "sluice"
	domain      = "svc.cluster.local"

	// ConfigDir holds the files that the services mount, relative to the repository.
	ConfigDir = "compose/config"
)

// Profiles are the choices of what runs; exactly one of them is active.
const (
	Logstash = "logstash" // everything, Logstash carries the logs
	Sealed   = "sealed"   // what needs no image that can only be pulled, the indexer carries them
)

// ProfileFor is the profile that runs on images of a plan's mode.
func ProfileFor(mode string) string {
	if mode == images.Assemble {
		return Sealed
	}
	return Logstash
}

// Profiles of services that `docker compose up` does not start. Where only some profiles have the service, each
// of them has its own: test-sealed.
const (
	profileCron = "cron"
	profileTest = "test"
)

// Project is a whole Compose project.
type Project struct {
	Compose []byte          // docker-compose.yml
	Files   map[string]File // what the services mount, by their path below ConfigDir
}

// File is one configuration file or script.
type File struct {
	Content    string
	Executable bool
	Secret     bool // made once: what is there is kept
}

// Generate renders the dev preset once for each profile and puts the renderings together: a service that
// is the same in all of them belongs to all profiles.
func Generate(repository string) (Project, error) {
	specs, err := images.Load(repository)
	if err != nil {
		return Project{}, err
	}
	var variants []*variant
	for _, choice := range []struct {
		profile string
		set     []string
	}{
		{Logstash, nil},
		{Sealed, images.WithoutPulling(specs)},
	} {
		manifests, err := release.Manifests(filepath.Join(repository, "charts", "sluice"), releaseName, namespace,
			[]string{filepath.Join(repository, "values", "values-dev.yaml")}, choice.set)
		if err != nil {
			return Project{}, fmt.Errorf("profile %s: %w", choice.profile, err)
		}
		v, err := newVariant(choice.profile, manifests)
		if err != nil {
			return Project{}, fmt.Errorf("profile %s: %w", choice.profile, err)
		}
		variants = append(variants, v)
	}
	return join(variants)
}

// join makes one project of all variants.
func join(variants []*variant) (Project, error) {
	files, err := shareFiles(variants)
	if err != nil {
		return Project{}, err
	}
	withBash := map[string]bool{}
	for _, v := range variants {
		maps.Copy(withBash, v.imagesWithBash())
	}
	j := joiner{services: map[string]*service{}, volumes: map[string]owner{}, withBash: withBash, files: files}
	for _, name := range podNames(variants) {
		if err := j.add(name, variants); err != nil {
			return Project{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := j.addPermissions(variants); err != nil {
		return Project{}, err
	}
	text, err := j.marshal()
	return Project{Compose: text, Files: files}, err
}

// podNames are the components of all variants.
func podNames(variants []*variant) []string {
	names := map[string]bool{}
	for _, v := range variants {
		for name := range v.pods {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
