// Package images gets the container images that the chart names: pulled where a registry answers, else
// assembled from packages under the very same names, so that nothing else has to know the difference.
package images

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"

	"sigs.k8s.io/yaml"
)

// Origins of an image.
const (
	Upstream = "upstream"  // pulled; assembled where no registry answers
	Own      = "own"       // the project's: always built here
	Base     = "base"      // only a FROM of others
	Node     = "node"      // the kind node, assembled where kind's own can't be pulled
	OnDemand = "on-demand" // the project's: built by the one command that needs it
	PullOnly = "pull-only" // upstream; left out where no registry answers, for no package holds it
)

// Spec is one images/<name>/image.yaml.
type Spec struct {
	Image  string  `json:"image"`            // upstream's own reference
	Origin string  `json:"origin"`           // one of the constants above
	Title  string  `json:"title"`            // for people
	Inputs []Input `json:"inputs,omitempty"` // made on the host into the build context

	// Of an image that is left out: why, and the values of the chart that do without it (key=value).
	Reason string   `json:"reason,omitempty"`
	Set    []string `json:"set,omitempty"`

	dir string
}

// Input is one thing that is made on the host for a build context. Exactly one field is set.
type Input struct {
	Maven  *Maven  `json:"maven,omitempty"`
	Unzip  *Jar    `json:"unzip,omitempty"`
	Jar    *Jar    `json:"jar,omitempty"`
	Go     *Go     `json:"go,omitempty"`
	Gomod  *Gomod  `json:"gomod,omitempty"`
	Debian *Debian `json:"debian,omitempty"`
	Pip    *Pip    `json:"pip,omitempty"`
	C      *C      `json:"c,omitempty"`
}

// Maven copies the runtime dependencies of a pom.
type Maven struct {
	Pom string `json:"pom"` // relative to the image's folder
	To  string `json:"to"`
}

// Jar is one Maven artifact, "group:artifact:version[:packaging]".
type Jar struct {
	Artifact string `json:"artifact"`
	To       string `json:"to"`
}

// Go is one or more static programs of one module.
type Go struct {
	Module  string `json:"module"`  // folder, relative to the repository
	Package string `json:"package"` // one or several, separated by spaces
	To      string `json:"to"`      // a file, or a folder when it ends in /
	LDFlags string `json:"ldflags,omitempty"`
	Tags    string `json:"tags,omitempty"`
}

// Gomod copies a folder out of a module that the repository's go.mod pins.
type Gomod struct {
	Module string `json:"module"`
	Path   string `json:"path"`
	To     string `json:"to"`
}

// Debian is a minimal root file system with the given packages, as a tar archive.
type Debian struct {
	Suite   string   `json:"suite"`
	Include []string `json:"include"`
	To      string   `json:"to"`
}

// Pip installs the Python packages of a requirements file, each pinned by version and hash, without their dependencies.
type Pip struct {
	Requirements string `json:"requirements"` // relative to the image's folder
	To           string `json:"to"`
}

// C is one file made into a shared library, which needs no headers and is linked against nothing.
type C struct {
	Source string `json:"source"` // relative to the image's folder
	To     string `json:"to"`
}

// Load reads every images/<name>/image.yaml of the repository, the one that takes longest first.
func Load(repository string) ([]Spec, error) {
	files, err := filepath.Glob(filepath.Join(repository, "images", "*", "image.yaml"))
	if err != nil {
		return nil, err
	}
	specs := make([]Spec, 0, len(files))
	for _, file := range files {
		spec, err := load(file)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	rank := map[string]int{Node: 0, Base: 1, Own: 2, Upstream: 3, OnDemand: 4, PullOnly: 5}
	sort.SliceStable(specs, func(i, j int) bool { return rank[specs[i].Origin] < rank[specs[j].Origin] })
	return specs, nil
}

func load(file string) (Spec, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Spec{}, err
	}
	var spec Spec
	if err := yaml.UnmarshalStrict(text, &spec); err != nil {
		return Spec{}, fmt.Errorf("%s: %w", file, err)
	}
	spec.dir = filepath.Dir(file)
	switch spec.Origin {
	case Upstream, Own, Base, Node, OnDemand:
	case PullOnly:
		if spec.Reason == "" || len(spec.Set) == 0 {
			return Spec{}, fmt.Errorf("%s: an image that may be left out needs a reason, and the values to set then", file)
		}
	default:
		return Spec{}, fmt.Errorf("%s: origin %q must be %s, %s, %s, %s, %s or %s", file, spec.Origin, Upstream, Own, Base, Node, OnDemand, PullOnly)
	}
	if spec.Image == "" || spec.Title == "" {
		return Spec{}, fmt.Errorf("%s: image and title must be set", file)
	}
	return spec, nil
}

var fromLine = regexp.MustCompile(`(?m)^FROM (\S+)`)

// from is the reference that the image's Dockerfile builds upon.
func (s Spec) from() (string, error) {
	text, err := os.ReadFile(filepath.Join(s.dir, "Dockerfile"))
	if err != nil {
		return "", err
	}
	match := fromLine.FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("%s/Dockerfile has no FROM line", s.dir)
	}
	return string(match[1]), nil
}
