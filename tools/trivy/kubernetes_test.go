package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: example, namespace: example}
spec:
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: example
      image: example:1
      securityContext: {privileged: false, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`

func TestKubernetes(t *testing.T) {
	for name, test := range map[string]struct {
		manifests string
		want      int
		said      string
	}{
		"harmless":   {pod, 0, "0 of them HIGH or CRITICAL"},
		"privileged": {strings.Replace(pod, "privileged: false", "privileged: true", 1), 1, "found    HIGH     KSV-0017"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			found, err := checkKubernetes(t.Context(), &out, manifests(t, test.manifests))
			if err != nil {
				t.Fatal(err)
			}
			if found != test.want || !strings.Contains(out.String(), test.said) {
				t.Errorf("%d serious findings, want %d and %q in:\n%s", found, test.want, test.said, out.String())
			}
		})
	}
	for name, text := range map[string]string{"empty": "", "no manifest": "a: 1\n"} {
		t.Run(name, func(t *testing.T) {
			if _, err := checkKubernetes(t.Context(), &strings.Builder{}, manifests(t, text)); err == nil {
				t.Error("it passes")
			}
		})
	}
}

func manifests(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
