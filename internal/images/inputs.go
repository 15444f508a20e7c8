package images

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"sluice/internal/engine"
	"sluice/internal/run"
	"sluice/internal/usage"
)

// make makes one input into the build context at dir. Downloads happen here, on the host, by the package
// managers' own clients with the machine's own settings; `docker build` itself needs no network.
func (b *Builder) make(ctx context.Context, spec Spec, in Input, dir string) error {
	switch {
	case in.Maven != nil:
		return mvn(ctx, "-f", filepath.Join(spec.dir, in.Maven.Pom), "dependency:copy-dependencies",
			"-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(dir, in.Maven.To))
	case in.Jar != nil:
		return FetchArtifact(ctx, in.Jar.Artifact, filepath.Join(dir, in.Jar.To))
	case in.Unzip != nil:
		archive := filepath.Join(dir, "archive.zip")
		if err := FetchArtifact(ctx, in.Unzip.Artifact, archive); err != nil {
			return err
		}
		defer os.Remove(archive)
		return unzip(archive, filepath.Join(dir, in.Unzip.To))
	case in.Go != nil:
		return b.goBuild(ctx, *in.Go, dir)
	case in.Gomod != nil:
		return b.copyFromModule(ctx, *in.Gomod, dir)
	case in.Debian != nil:
		return debian(ctx, *in.Debian, dir)
	case in.Pip != nil:
		return pip(ctx, filepath.Join(spec.dir, in.Pip.Requirements), filepath.Join(dir, in.Pip.To))
	case in.C != nil:
		return compile(ctx, filepath.Join(spec.dir, in.C.Source), filepath.Join(dir, in.C.To))
	}
	return fmt.Errorf("%s/image.yaml: an input needs one of maven, jar, unzip, go, gomod, debian, pip, c", spec.dir)
}

func mvn(ctx context.Context, args ...string) error {
	if err := engine.Need(ctx, "mvn", "maven"); err != nil {
		return err
	}
	_, err := run.Command(append([]string{"mvn", "-q", "-B"}, args...)...).Run(ctx)
	return err
}

// FetchArtifact downloads "group:artifact:version[:packaging]" into Maven's own cache and copies it to file.
func FetchArtifact(ctx context.Context, artifact, file string) error {
	parts := strings.Split(artifact, ":")
	if len(parts) == 3 {
		parts = append(parts, "jar")
	}
	if len(parts) != 4 {
		return fmt.Errorf("artifact %q must be group:artifact:version or group:artifact:version:packaging", artifact)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(file), "artifact-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	err = mvn(ctx, "dependency:copy", "-Dartifact="+strings.Join(parts, ":"), "-DoutputDirectory="+tmp)
	if err != nil {
		return err
	}
	return os.Rename(filepath.Join(tmp, fmt.Sprintf("%s-%s.%s", parts[1], parts[2], parts[3])), file)
}

// unzip unpacks an archive without its top folder, keeping modes.
func unzip(archive, to string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, f := range r.File {
		_, name, _ := strings.Cut(f.Name, "/")
		if !filepath.IsLocal(filepath.Join(".", name)) { // Join, since the top folder itself has no name left
			return fmt.Errorf("%s: %q leads out of the archive", archive, f.Name)
		}
		path := filepath.Join(to, name)
		if f.FileInfo().IsDir() {
			if err := os.MkdirAll(path, 0o755); err != nil {
				return err
			}
			continue
		}
		if err := unzipFile(f, path); err != nil {
			return err
		}
	}
	return nil
}

func unzipFile(f *zip.File, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, f.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// goBuild builds static programs. All modules use the same flags, so that the build cache is shared.
func (b *Builder) goBuild(ctx context.Context, g Go, dir string) error {
	to := filepath.Join(dir, g.To)
	parent := filepath.Dir(to)
	if strings.HasSuffix(g.To, "/") {
		parent, to = to, to+"/"
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	args := append([]string{"go", "build", "-trimpath", "-buildvcs=false", "-ldflags", g.LDFlags, "-tags", g.Tags, "-o", to},
		strings.Fields(g.Package)...)
	_, err := run.Cmd{
		Dir:  filepath.Join(b.Repository, g.Module),
		Env:  []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + runtime.GOARCH},
		Args: args,
	}.Run(ctx)
	return err
}

func (b *Builder) copyFromModule(ctx context.Context, g Gomod, dir string) error {
	module, err := run.Cmd{
		Dir:  b.Repository,
		Args: []string{"go", "list", "-m", "-f", "{{.Dir}}", g.Module},
	}.Run(ctx)
	if err != nil {
		return err
	}
	return os.CopyFS(filepath.Join(dir, g.To), os.DirFS(filepath.Join(module, g.Path)))
}

// debian makes a root file system. The mirror is the machine's own, whatever it is.
func debian(ctx context.Context, d Debian, dir string) error {
	if err := engine.Need(ctx, "mmdebstrap", "mmdebstrap"); err != nil {
		return err
	}
	mirror, err := debianMirror("/etc/apt")
	if err != nil {
		return err
	}
	// Documents go, but the folders stay: update-alternatives links into them.
	_, err = run.Command("mmdebstrap", "--quiet", "--variant=minbase", "--mode=root",
		"--include="+strings.Join(d.Include, ","),
		"--dpkgopt=path-exclude=/usr/share/man/*/*", "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
		d.Suite, filepath.Join(dir, d.To), mirror).Run(ctx)
	return err
}

// pip installs into a folder, never into the machine's own Python. A requirement without a hash is refused.
func pip(ctx context.Context, requirements, to string) error {
	if err := engine.Need(ctx, "pip3", "python3-pip"); err != nil {
		return err
	}
	_, err := run.Command("pip3", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore",
		"--no-deps", "--no-compile", "--require-hashes", "--target", to, "--requirement", requirements).Run(ctx)
	return err
}

func compile(ctx context.Context, source, to string) error {
	if err := engine.Need(ctx, "gcc", "gcc"); err != nil {
		return err
	}
	_, err := run.Command("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-ffreestanding", "-nostdlib", "-o", to, source).Run(ctx)
	return err
}

// mirrorLine is a line of apt's .sources files, or of its .list files, where options may stand before the URL.
var mirrorLine = regexp.MustCompile(`(?m)^[ \t]*(?:URIs:|deb(?:\s+\[.*?\])?)\s+([a-z+]+:/\S+)`)

// debianMirror is the first mirror in apt's configuration below etc, in either of its two formats.
func debianMirror(etc string) (string, error) {
	var files []string
	for _, pattern := range []string{"sources.list.d/debian.sources", "sources.list", "sources.list.d/*.sources", "sources.list.d/*.list"} {
		found, err := filepath.Glob(filepath.Join(etc, pattern))
		if err != nil {
			return "", err
		}
		files = append(files, found...)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if match := mirrorLine.FindSubmatch(text); match != nil {
			return string(match[1]), nil
		}
	}
	return "", usage.Errorf("no Debian mirror in %s: images are assembled from Debian packages, which needs a Debian machine", etc)
}
