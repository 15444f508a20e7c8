package images

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"sluice/internal/run"
)

// hashLabel carries the hash of an image's inputs, so that an image is never built twice.
const hashLabel = "sluice.inputs"

// Builder assembles images of one repository.
type Builder struct {
	Repository string
	Specs      []Spec

	goVersion string
	building  sync.Map // image reference: *sync.Mutex
}

// NewBuilder reads the repository's image specs.
func NewBuilder(ctx context.Context, repository string) (*Builder, error) {
	specs, err := Load(repository)
	if err != nil {
		return nil, err
	}
	version, err := run.Command("go", "env", "GOVERSION").Run(ctx)
	return &Builder{Repository: repository, Specs: specs, goVersion: version}, err
}

// OnDemand gets an image that no plan builds, and returns its reference.
func (b *Builder) OnDemand(ctx context.Context, name string) (string, error) {
	for _, spec := range b.Specs {
		if spec.Origin == OnDemand && filepath.Base(spec.dir) == name {
			_, err := b.Build(ctx, spec)
			return spec.Image, err
		}
	}
	return "", fmt.Errorf("images/%s/image.yaml describes no image of origin %s", name, OnDemand)
}

func (b *Builder) byImage(ref string) (Spec, bool) {
	for _, spec := range b.Specs {
		if spec.Image == ref {
			return spec, true
		}
	}
	return Spec{}, false
}

// Build makes the image unless one with the same inputs exists, after the image it is built upon.
// It returns whether there was something to do. Several images may be built at a time.
func (b *Builder) Build(ctx context.Context, spec Spec) (bool, error) {
	lock, _ := b.building.LoadOrStore(spec.Image, &sync.Mutex{})
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	from, err := spec.from()
	if err != nil {
		return false, err
	}
	if base, ok := b.byImage(from); ok {
		if _, err := b.Build(ctx, base); err != nil {
			return false, err
		}
	}
	want, err := b.hashOf(ctx, spec)
	if err != nil {
		return false, err
	}
	if labelOf(ctx, spec.Image) == want {
		return false, nil
	}
	build := b.dockerBuild
	if spec.Origin == Node {
		build = b.nodeBuild
	}
	if err := build(ctx, spec, want); err != nil {
		return false, fmt.Errorf("image %s: %w", spec.Image, err)
	}
	return true, nil
}

// labelOf is the input hash of a local image, "" when there is no such image or it is not ours.
func labelOf(ctx context.Context, ref string) string {
	out, err := run.Command("docker", "image", "inspect", "-f", `{{index .Config.Labels "`+hashLabel+`"}}`, ref).Run(ctx)
	if err != nil {
		return ""
	}
	return out
}

// dockerBuild makes the context and builds the image from it. The classic builder is asked for, since
// Debian's engine has no other.
func (b *Builder) dockerBuild(ctx context.Context, spec Spec, hash string) error {
	dir, err := b.context(ctx, spec)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return build(ctx, dir, spec.Image, hash)
}

func build(ctx context.Context, dir, ref, hash string, args ...string) error {
	command := []string{"docker", "build", "-q", "--network", "none", "--label", hashLabel + "=" + hash, "-t", ref}
	_, err := run.Cmd{
		Args: append(append(command, args...), dir),
		Env:  []string{"DOCKER_BUILDKIT=0"},
	}.Run(ctx)
	return err
}

// context is a new folder with the image's own files and its inputs.
func (b *Builder) context(ctx context.Context, spec Spec) (string, error) {
	dir, err := os.MkdirTemp("", "sluice-"+filepath.Base(spec.dir)+"-")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, os.DirFS(spec.dir)); err != nil {
		return dir, err
	}
	for _, in := range spec.Inputs {
		if err := b.make(ctx, spec, in, dir); err != nil {
			return dir, err
		}
	}
	return dir, nil
}
