package test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chartutil"
)

// Every image of every chart can be pinned by its digest, and every container uses the digest of the image that it names.
func TestEveryImageTakesADigest(t *testing.T) {
	pinned, set := map[string]string{}, table{} // pinned: the value, by digest
	for _, chart := range charts(t) {
		if digests := pin(chart.values, chart.key(), pinned); len(digests) > 0 {
			set[chart.key()] = digests
		}
	}
	require.NotEmpty(t, pinned)

	used := map[string]bool{}
	for _, preset := range append([]string{sealed}, presets...) {
		t.Run(preset, func(t *testing.T) {
			stack := presetStack(t, preset)
			stack.Set = chartutil.MergeTables(copyOf(stack.Set), copyOf(set))
			for _, w := range workloads(render(t, stack)) {
				for _, c := range containers(w.template.Spec) {
					_, digest, found := strings.Cut(c.Image, "@")
					if assert.True(t, found, "%s, container %s: %s has no digest", title(w), c.Name, c.Image) {
						assert.Contains(t, pinned, digest, "%s, container %s", title(w), c.Name)
						used[digest] = true
					}
				}
			}
		})
	}
	for digest, value := range pinned {
		assert.True(t, used[digest], "no container of any preset has the digest of %s", value)
	}
}

// pin gives each image below some values a digest of its own.
func pin(values table, at string, pinned map[string]string) table {
	set := table{}
	for key, value := range values {
		value, ok := value.(table)
		if !ok {
			continue
		}
		path := at + "." + key
		if _, image := value["digest"]; image {
			digest := fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(path)))
			pinned[digest] = path
			set[key] = table{"digest": digest}
		} else if below := pin(value, path, pinned); len(below) > 0 {
			set[key] = below
		}
	}
	return set
}
