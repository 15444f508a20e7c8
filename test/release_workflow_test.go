package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"sluice/internal/state"
)

// The scripts of the release workflow with stand-ins for what they call: whatever is pushed is signed and verified by its digest.
func TestReleaseSignsWhatItPushes(t *testing.T) {
	calls, err := runRelease(t, "")
	require.NoError(t, err, calls)
	const at = "r.example.com/o/sluice"
	images := []string{at + "/generators@sha256:1", at + "/jmx-exporter@sha256:1"}
	assert.Equal(t, images, said(calls, "cosign attest "), "images with a list of what is in them")
	assert.Equal(t, images, said(calls, "cosign verify-attestation "))
	for _, image := range images {
		assert.Contains(t, calls, "syft scan registry:"+image+" ")
	}
	artifacts := append(images, at+"/charts/sluice@sha256:2")
	assert.Equal(t, artifacts, said(calls, "cosign sign "))
	assert.Equal(t, artifacts, said(calls, "cosign verify "))
	assert.Equal(t, 4, strings.Count(calls, "docker push "+at+"/"), "two images, each with two tags")
}

// A step that fails ends the release, also where its output goes on into a pipe.
func TestReleaseEndsAtAFailure(t *testing.T) {
	for _, call := range []string{"go run ", "docker push ", "helm push ", "syft scan ", "cosign attest ", "cosign sign ", "cosign verify "} {
		t.Run(call, func(t *testing.T) {
			calls, err := runRelease(t, call)
			assert.Error(t, err, calls)
		})
	}
}

// said are the artifacts of some calls of cosign.
func said(calls, prefix string) []string {
	var artifacts []string
	for _, line := range strings.Split(calls, "\n") {
		if strings.HasPrefix(line, prefix) {
			words := strings.Fields(line)
			artifacts = append(artifacts, words[slices.IndexFunc(words, func(word string) bool { return strings.Contains(word, "@sha256:") })])
		}
	}
	return artifacts
}

// standIn is every program that the scripts call: it writes down how, and answers what they read.
const standIn = `#!/bin/sh
call="$(basename "$0") $*"
echo "$call" >> "$CALLS"
case $call in "${FAILS:-none}"*) exit 1 ;; esac
case $call in
"go run"*) printf 'sluice/generators:0.1.0  built from this repository\nsluice/jmx-exporter:1.0.1  built from this repository\nkafka  pulled\n' ;;
"docker inspect"*generators*) printf 'other/generators@sha256:9\nr.example.com/o/sluice/generators@sha256:1\n' ;;
"docker inspect"*) echo r.example.com/o/sluice/jmx-exporter@sha256:1 ;;
"helm push"*) printf 'Pushed: r.example.com/o/sluice/charts/sluice:0.1.0\nDigest: sha256:2\n' ;;
esac
`

// runRelease runs the steps from the images on, and gives the calls that they made.
func runRelease(t *testing.T, fails string) (string, error) {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	var workflow struct {
		Defaults struct{ Run struct{ Shell string } }
		Jobs     map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join(root, ".github", "workflows", "release.yml"))), &workflow))
	require.Equal(t, "bash", workflow.Defaults.Run.Shell)

	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "charts/sluice/charts/kafka"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "charts/sluice/charts/kafka/values.yaml"), []byte("repository: sluice/jmx-exporter\n"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
	for _, program := range []string{"go", "docker", "helm", "cosign", "syft"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "bin", program), []byte(standIn), 0o700))
	}
	steps := []string{"Images", "Chart", "Sign", "Verify"}
	for _, step := range workflow.Jobs["publish"].Steps {
		if len(steps) == 0 || step.Name != steps[0] {
			continue
		}
		steps = steps[1:]
		// As GitHub runs it where the shell is bash.
		run := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		run.Dir = dir
		run.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+":"+os.Getenv("PATH"), "CALLS="+filepath.Join(dir, "calls"), "FAILS="+fails,
			"VERSION=0.1.0", "REPOSITORY=r.example.com/o/sluice", "GITHUB_SERVER_URL=https://g.example.com", "GITHUB_WORKFLOW_REF=o/sluice/w@refs/tags/v0.1.0")
		if output, err := run.CombinedOutput(); err != nil {
			return step.Name + ": " + string(output), err
		}
	}
	require.Empty(t, steps, "steps that the workflow has not, or not in this order")
	return read(t, filepath.Join(dir, "calls")), nil
}
