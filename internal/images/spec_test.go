package images

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// write makes the files below a new folder, each with its folders, and returns that folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		put(t, filepath.Join(dir, name), text)
	}
	return dir
}

func put(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

func TestLoad(t *testing.T) {
	dir := write(t, map[string]string{
		"images/a/image.yaml":     "{image: a:1, origin: upstream, title: A}",
		"images/b/image.yaml":     "{image: b:1, origin: pull-only, title: B, reason: none has it, set: [b=false]}",
		"images/c/image.yaml":     "{image: c:1, origin: own, title: C, inputs: [{jar: {artifact: 'g:a:1', to: a.jar}}]}",
		"images/d/image.yaml":     "{image: d:1, origin: base, title: D}",
		"images/notes/README.txt": "no image",
	})
	specs, err := Load(dir)
	require.NoError(t, err)
	require.Len(t, specs, 4)
	require.Equal(t, "d:1", specs[0].Image, "the base comes first, since others are built upon it")
	require.Equal(t, []Input{{Jar: &Jar{Artifact: "g:a:1", To: "a.jar"}}}, specs[1].Inputs)
	require.Equal(t, "none has it", specs[3].Reason)
}

func TestLoadRefuses(t *testing.T) {
	for want, text := range map[string]string{
		`unknown field "tilte"`:           "{image: a:1, origin: own, tilte: A}",
		`unknown field "package"`:         "{image: a:1, origin: own, title: A, inputs: [{jar: {package: x}}]}",
		`origin "theirs" must be upst`:    "{image: a:1, origin: theirs, title: A}",
		"left out needs a reason, and":    "{image: a:1, origin: pull-only, title: A, set: [a=false]}",
		"needs a reason, and the values":  "{image: a:1, origin: pull-only, title: A, reason: none has it}",
		"image and title must be set":     "{image: a:1, origin: own}",
		`key "image" already set in map`:  "image: a:1\nimage: a:2\norigin: own\ntitle: A",
		"cannot unmarshal string into Go": "{image: a:1, origin: own, title: A, inputs: jar}",
	} {
		_, err := Load(write(t, map[string]string{"images/a/image.yaml": text}))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "images/a/image.yaml")
	}
	_, err := Load(write(t, map[string]string{"images/a/image.yaml": "{title: A, origin: own}"}))
	require.ErrorContains(t, err, "image and title must be set")
}

func TestFrom(t *testing.T) {
	dir := write(t, map[string]string{"Dockerfile": "# FROM comment:1\nFROM base:1 AS x\nRUN true\n"})
	from, err := Spec{dir: dir}.from()
	require.NoError(t, err)
	require.Equal(t, "base:1", from)

	_, err = Spec{dir: write(t, map[string]string{"Dockerfile": "RUN true\n"})}.from()
	require.ErrorContains(t, err, "has no FROM line")
}

// The repository's own images: what Load and `docker build --network none` would only tell while building.
func TestRepositoryImages(t *testing.T) {
	specs, err := Load("../..")
	require.NoError(t, err)
	require.NotEmpty(t, specs)
	known := map[string]bool{"scratch": true}
	for _, spec := range specs {
		require.False(t, known[spec.Image], "%s is there twice", spec.Image)
		known[spec.Image] = true
	}
	for _, spec := range specs {
		if spec.Origin == PullOnly {
			continue
		}
		t.Run(filepath.Base(spec.dir), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(spec.dir, "Dockerfile"))
			require.NoError(t, err)
			require.Empty(t, networkOf(string(text)))
			froms := fromLine.FindAllStringSubmatch(string(text), -1)
			require.NotEmpty(t, froms)
			for _, from := range froms {
				require.True(t, known[from[1]], "FROM %s is no image of this repository", from[1])
			}
		})
	}
}

func TestNetworkOf(t *testing.T) {
	for _, text := range []string{
		"RUN apt-get update", "RUN true \\\n # why\n && curl -O x", "RUN cd /x;npm ci", `RUN ["wget", "x"]`, "ADD https://host/file /",
	} {
		require.NotEmpty(t, networkOf("FROM scratch\n"+text+"\n"), text)
	}
	require.Empty(t, networkOf("FROM scratch\nRUN rm /etc/apt.conf \\\n # no curl\n && cp a.go b\nCOPY curl /bin/\nENV A=wget\n"))
}

var (
	comment     = regexp.MustCompile(`(?m)^\s*#.*\n`)
	instruction = regexp.MustCompile(`(?m)^(?:RUN|ADD) (?:.*\\\n)*.*$`)
	needsNet    = regexp.MustCompile(`(?:^|[\s;&|("])(apt|apt-get|apk|curl|wget|git|go|mvn|npm|pip|pip3)[\s"]|https?://`)
)

// networkOf are the instructions of a Dockerfile that get something from the network.
func networkOf(dockerfile string) []string {
	var found []string
	for _, text := range instruction.FindAllString(comment.ReplaceAllString(dockerfile, ""), -1) {
		if needsNet.MatchString(text) {
			found = append(found, strings.TrimSpace(text))
		}
	}
	return found
}
