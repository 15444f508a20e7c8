package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sluice/internal/run"
)

// hashOf is the hash of everything that an image is made from: its folder, its inputs' descriptions, the
// sources and pins of its Go programs, the Go version, and the hash of the image it is built upon.
func (b *Builder) hashOf(ctx context.Context, spec Spec) (string, error) {
	h := sha256.New()
	if err := hashTree(h, spec.dir); err != nil {
		return "", err
	}
	for _, in := range spec.Inputs {
		description, err := json.Marshal(in)
		if err != nil {
			return "", err
		}
		h.Write(description)
		if in.Go != nil {
			if err := b.hashGo(ctx, h, *in.Go); err != nil {
				return "", err
			}
		}
	}
	from, err := spec.from()
	if err != nil {
		return "", err
	}
	if base, ok := b.byImage(from); ok {
		baseHash, err := b.hashOf(ctx, base)
		if err != nil {
			return "", err
		}
		h.Write([]byte(baseHash))
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// hashGo adds what a Go program depends on. A tools module is hashed whole; of the product's module only
// the packages that the program imports are, so that a change elsewhere does not rebuild its image.
func (b *Builder) hashGo(ctx context.Context, h hash.Hash, g Go) error {
	h.Write([]byte(b.goVersion))
	dir := filepath.Join(b.Repository, g.Module)
	if g.Module != "." {
		return hashTree(h, dir)
	}
	for _, pin := range []string{"go.mod", "go.sum"} {
		if err := hashFile(h, dir, filepath.Join(dir, pin)); err != nil {
			return err
		}
	}
	format := `{{if and .Module .Module.Main}}{{.Dir}}{{end}}`
	args := append([]string{"go", "list", "-deps", "-f", format}, strings.Fields(g.Package)...)
	out, err := run.Cmd{Dir: dir, Args: args}.Run(ctx)
	if err != nil {
		return err
	}
	for _, pkg := range strings.Fields(out) {
		if err := hashTree(h, pkg); err != nil {
			return err
		}
	}
	return nil
}

// hashTree adds the name, mode and content of every file below dir, but tests.
func hashTree(h hash.Hash, dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		return hashFile(h, dir, path)
	})
}

func hashFile(h hash.Hash, root, path string) error {
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintf(h, "%s %o %d\n", name, info.Mode().Perm()&0o100, info.Size())
	_, err = io.Copy(h, f)
	return err
}
