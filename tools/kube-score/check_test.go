package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// One finding, of networkpolicy-targets-pod.
const policy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: example, namespace: example}
spec: {podSelector: {matchLabels: {app: nobody}}, policyTypes: [Ingress]}
`

const accepting = `
- check: networkpolicy-targets-pod
  objects: [NetworkPolicy/exam*]
  reason: It is an example.
`

func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		accepted string
		want     int
		said     string
	}{
		"found":                     {"", 1, "CRITICAL networkpolicy-targets-pod NetworkPolicy/example: "},
		"accepted":                  {accepting, 0, "accepted networkpolicy-targets-pod NetworkPolicy/example: "},
		"accepted everywhere":       {strings.Replace(accepting, "objects", "#", 1), 0, "1 CRITICAL ones accepted"},
		"another is accepted":       {strings.Replace(accepting, "exam*", "other", 1), 2, "unused   networkpolicy-targets-pod NetworkPolicy/other: "},
		"another check is accepted": {strings.Replace(accepting, "targets-pod", "other", 1), 2, "unused   networkpolicy-other NetworkPolicy/exam*: "},
		"an accepted one is gone":   {accepting + "- {check: pod-probes, reason: It was.}", 1, "unused   pod-probes: "},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			unexplained, err := check(&out, file(t, test.accepted), file(t, policy))
			if err != nil {
				t.Fatal(err)
			}
			if unexplained != test.want || !strings.Contains(out.String(), test.said) {
				t.Errorf("%d, want %d and %q in:\n%s", unexplained, test.want, test.said, out.String())
			}
		})
	}
}

// A pod whose annotation asks for silence gets none.
func TestAnnotationsAreNotFollowed(t *testing.T) {
	silenced := strings.Replace(policy, "name: example,", `name: example, annotations: {kube-score/ignore: networkpolicy-targets-pod},`, 1)
	if unexplained, err := check(&strings.Builder{}, file(t, ""), file(t, silenced)); err != nil || unexplained != 1 {
		t.Errorf("%d, %v", unexplained, err)
	}
}

// What can't be checked never passes.
func TestCheckRefuses(t *testing.T) {
	for name, test := range map[string]struct{ accepted, manifests string }{
		"no manifests":         {"", ""},
		"not a manifest":       {"", "a: 1\n"},
		"without a reason":     {"- {check: pod-probes, reason: ' '}", policy},
		"without a check":      {"- {reason: It is an example.}", policy},
		"a misspelt key":       {"- {check: pod-probes, object: [a], reason: It is an example.}", policy},
		"an impossible object": {"- {check: pod-probes, objects: ['['], reason: It is an example.}", policy},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if unexplained, err := check(&out, file(t, test.accepted), file(t, test.manifests)); err == nil {
				t.Errorf("no error, but %d findings:\n%s", unexplained, out.String())
			}
		})
	}
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
