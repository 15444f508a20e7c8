package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes"
)

// checkKubernetes scans a file of manifests as checkTerraform scans a configuration. A file without manifests is an
// error: nothing is found there.
func checkKubernetes(ctx context.Context, out io.Writer, manifests string) (int, error) {
	if _, err := os.Stat(manifests); err != nil {
		return 0, err
	}
	scanner := kubernetes.NewScanner(rego.WithEmbeddedPolicies(true), rego.WithEmbeddedLibraries(true))
	results, err := scanner.ScanFS(ctx, os.DirFS(filepath.Dir(manifests)), filepath.Base(manifests))
	if err != nil {
		return 0, err
	}
	if len(results.GetPassed()) == 0 {
		return 0, errors.New("no policy holds: name a file of manifests")
	}
	return summarize(out, manifests, results), nil
}
