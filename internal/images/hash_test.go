package images

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// hashed is a repository with an image upon a base that has a program of a tools module and one of the
// product's own module.
func hashed(t *testing.T) (*Builder, Spec) {
	t.Helper()
	dir := write(t, map[string]string{
		"go.mod":                 "module product\n\ngo 1.26\n",
		"go.sum":                 "",
		"cmd/p/main.go":          "package main\n\nimport _ \"product/used\"\n\nfunc main() {}\n",
		"used/used.go":           "package used\n",
		"unused/unused.go":       "package unused\n",
		"tools/x/go.mod":         "module x\n",
		"tools/x/main.go":        "package main\n",
		"images/base/image.yaml": "{image: base:1, origin: base, title: Base}",
		"images/base/Dockerfile": "FROM scratch\n",
		"images/app/image.yaml": "{image: app:1, origin: own, title: App, inputs: [" +
			"{go: {module: tools/x, package: ., to: x}}, {go: {module: ., package: ./cmd/p, to: p}}]}",
		"images/app/Dockerfile":   "FROM base:1\n",
		"images/app/files/run.sh": "#!/bin/sh\n",
	})
	specs, err := Load(dir)
	require.NoError(t, err)
	return &Builder{Repository: dir, Specs: specs, goVersion: "go1.26.0"}, specs[1]
}

func TestHash(t *testing.T) {
	file := func(name, text string) func(*testing.T, *Builder, *Spec) {
		return func(t *testing.T, b *Builder, _ *Spec) { put(t, filepath.Join(b.Repository, name), text) }
	}
	for name, c := range map[string]struct {
		change func(*testing.T, *Builder, *Spec)
		same   bool
	}{
		"nothing":                        {func(*testing.T, *Builder, *Spec) {}, true},
		"a file of the folder":           {file("images/app/files/run.sh", "#!/bin/bash\n"), false},
		"a new file of the folder":       {file("images/app/files/new", ""), false},
		"a test in the folder":           {file("images/app/files/x_test.go", "package x\n"), true},
		"another image's folder":         {file("images/other/Dockerfile", "FROM base:1\n"), true},
		"the base's folder":              {file("images/base/Dockerfile", "FROM scratch\nUSER 1\n"), false},
		"a tools module's go.mod":        {file("tools/x/go.mod", "module x\n\ngo 1.26\n"), false},
		"a tools module's source":        {file("tools/x/main.go", "package main\n\nfunc main() {}\n"), false},
		"a tools module's test":          {file("tools/x/main_test.go", "package main\n"), true},
		"the product's pins":             {file("go.sum", "changed\n"), false},
		"a package that is imported":     {file("used/used.go", "package used\n\nvar X int\n"), false},
		"a package that is not imported": {file("unused/unused.go", "package unused\n\nvar X int\n"), true},
		"a requirement's pin":            {file("images/app/requirements.txt", "p==2 --hash=sha256:1\n"), false},
		"the Go version":                 {func(_ *testing.T, b *Builder, _ *Spec) { b.goVersion = "go1.26.1" }, false},
		"an input's description":         {func(_ *testing.T, _ *Builder, s *Spec) { s.Inputs[0].Go.LDFlags = "-s" }, false},
		"a file that became executable": {func(t *testing.T, b *Builder, _ *Spec) {
			require.NoError(t, os.Chmod(filepath.Join(b.Repository, "images/app/files/run.sh"), 0o755))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, spec := hashed(t)
			before, err := b.hashOf(t.Context(), spec)
			require.NoError(t, err)
			c.change(t, b, &spec)
			after, err := b.hashOf(t.Context(), spec)
			require.NoError(t, err)
			require.Equal(t, c.same, before == after)
		})
	}
}

func TestHashIsTheSameInAnotherFolder(t *testing.T) {
	one, spec := hashed(t)
	first, err := one.hashOf(t.Context(), spec)
	require.NoError(t, err)
	two, spec := hashed(t)
	second, err := two.hashOf(t.Context(), spec)
	require.NoError(t, err)
	require.Equal(t, first, second)
}
