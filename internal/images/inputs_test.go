package images

import (
	"archive/zip"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/usage"
)

type zipped struct {
	name string
	mode fs.FileMode
}

func archiveOf(t *testing.T, entries ...zipped) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "archive.zip"))
	require.NoError(t, err)
	w := zip.NewWriter(file)
	for _, entry := range entries {
		header := &zip.FileHeader{Name: entry.name}
		header.SetMode(entry.mode)
		content, err := w.CreateHeader(header)
		require.NoError(t, err)
		if !entry.mode.IsDir() {
			_, err = content.Write([]byte("content of " + entry.name))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	require.NoError(t, file.Close())
	return file.Name()
}

func TestUnzip(t *testing.T) {
	to := filepath.Join(t.TempDir(), "files")
	archive := archiveOf(t, zipped{"top-1.0/", fs.ModeDir | 0o755}, zipped{"top-1.0/bin/", fs.ModeDir | 0o755},
		zipped{"top-1.0/bin/run", 0o755}, zipped{"top-1.0/lib/deep/a.jar", 0o600})
	require.NoError(t, unzip(archive, to))

	text, err := os.ReadFile(filepath.Join(to, "bin/run"))
	require.NoError(t, err)
	require.Equal(t, "content of top-1.0/bin/run", string(text))
	for name, mode := range map[string]fs.FileMode{"bin/run": 0o755, "lib/deep/a.jar": 0o600} {
		info, err := os.Stat(filepath.Join(to, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode(), name)
	}
}

func TestUnzipRefusesToLeaveItsFolder(t *testing.T) {
	for _, name := range []string{"top/../evil", "top/../files-evil", "top/a/../../files-evil/x", "top/../../evil"} {
		dir := t.TempDir()
		err := unzip(archiveOf(t, zipped{name, 0o644}), filepath.Join(dir, "files"))
		require.ErrorContains(t, err, "leads out of the archive", name)
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, name)
	}
}

func TestDebianMirror(t *testing.T) {
	for name, c := range map[string]struct {
		file, text, want string
	}{
		"deb822":         {"sources.list.d/debian.sources", "# URIs: http://comment\nTypes: deb\nURIs: http://one/debian http://two\n", "http://one/debian"},
		"deb822, folded": {"sources.list.d/x.sources", "Types: deb\nURIs:\n http://one/debian\n", "http://one/debian"},
		"one line":       {"sources.list", "#deb http://comment a b\n# deb http://comment a b\ndeb http://one/debian trixie main\n", "http://one/debian"},
		"options":        {"sources.list", "deb [arch=amd64 signed-by=/a.gpg] http://one/debian trixie main\n", "http://one/debian"},
		"spaced options": {"sources.list", "deb [ arch=amd64 ]  http://one/debian trixie main\n", "http://one/debian"},
		"sources only":   {"sources.list.d/x.list", "deb-src http://source trixie\ndeb http://one/debian trixie\n", "http://one/debian"},
		"a disk first":   {"sources.list", "deb cdrom:[Debian 13]/ trixie main\ndeb http://one/debian trixie\n", "http://one/debian"},
	} {
		t.Run(name, func(t *testing.T) {
			mirror, err := debianMirror(write(t, map[string]string{c.file: c.text}))
			require.NoError(t, err)
			require.Equal(t, c.want, mirror)
		})
	}

	mirror, err := debianMirror(write(t, map[string]string{
		"sources.list.d/another.sources": "URIs: http://another\n",
		"sources.list.d/debian.sources":  "URIs: http://debian\n",
	}))
	require.NoError(t, err)
	require.Equal(t, "http://debian", mirror, "Debian's own before what was added")
}

func TestNoDebianMirror(t *testing.T) {
	_, err := debianMirror(write(t, map[string]string{"sources.list": "# deb http://comment trixie\n"}))
	require.ErrorContains(t, err, "no Debian mirror in")
	require.Equal(t, 2, usage.ExitCode(err))
}

func TestFetchArtifactChecksItsArgument(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // neither Maven nor what would install it
	file := filepath.Join(t.TempDir(), "a.jar")
	for _, artifact := range []string{"", "group", "group:name", "group:name:1:zip:more"} {
		require.ErrorContains(t, FetchArtifact(t.Context(), artifact, file), "must be group:artifact:version", artifact)
	}
	for _, artifact := range []string{"group:name:1", "group:name:1:zip"} {
		require.ErrorContains(t, FetchArtifact(t.Context(), artifact, file), "mvn is not on PATH", artifact)
	}
}

// The stand-in of pip writes its arguments down, and what it was given.
func TestPip(t *testing.T) {
	bin := write(t, map[string]string{"pip3": "#!/bin/sh\necho \"$@\" > \"$LOG\"\n"})
	require.NoError(t, os.Chmod(filepath.Join(bin, "pip3"), 0o755))
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("PATH", bin)
	t.Setenv("LOG", log)
	in := Input{Pip: &Pip{Requirements: "requirements.txt", To: "packages"}}
	require.NoError(t, new(Builder).make(t.Context(), Spec{dir: "images/x"}, in, "/context"))

	called, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Contains(t, string(called), "--require-hashes --target /context/packages --requirement images/x/requirements.txt")
	require.Contains(t, string(called), "--no-deps", "what is not pinned is not installed")
}

func TestWithoutPip(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := pip(t.Context(), "requirements.txt", t.TempDir())
	require.ErrorContains(t, err, "pip3 is not on PATH: install it (Debian: apt-get install python3-pip)")
	require.Equal(t, 2, usage.ExitCode(err))
}

func TestAnInputOfNoKind(t *testing.T) {
	err := new(Builder).make(t.Context(), Spec{dir: "images/x"}, Input{}, t.TempDir())
	require.ErrorContains(t, err, "images/x/image.yaml: an input needs one of maven")
}

// The library of Elasticsearch's image, where few files may be open.
func TestOpenFiles(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("gcc is not on PATH; what builds the image installs it")
	}
	library := filepath.Join(t.TempDir(), "open-files.so")
	require.NoError(t, compile(t.Context(), "../../images/elasticsearch/open-files.c", library))
	for preload, want := range map[string]string{"": "1000", library: "65535"} {
		limit, err := exec.Command("sh", "-c", `ulimit -n 1000 && LD_PRELOAD="$0" sh -c 'ulimit -Hn'`, preload).Output()
		require.NoError(t, err)
		require.Equal(t, want, strings.TrimSpace(string(limit)))
	}
}
