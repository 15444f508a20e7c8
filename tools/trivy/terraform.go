package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform"
)

// checkTerraform scans the configuration in dir with the variables of one file, prints what is found and what is accepted,
// and returns the number of HIGH and CRITICAL findings. A folder without a configuration is an error: policies hold there.
func checkTerraform(ctx context.Context, out io.Writer, dir, variables string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, variables)); err != nil {
		return 0, err
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.tf")); err != nil || files == nil {
		return 0, errors.Join(errors.New("no *.tf files: name the folder of a configuration"), err)
	}
	scanner := terraform.New(
		rego.WithEmbeddedPolicies(true),
		rego.WithEmbeddedLibraries(true),
		terraform.ScannerWithTFVarsPaths(variables),
		terraform.ScannerWithDownloadsAllowed(false),
		terraform.ScannerWithStopOnHCLError(true),
	)
	results, err := scanner.ScanFS(ctx, os.DirFS(dir), ".")
	if err != nil {
		return 0, err
	}
	return summarize(out, variables, results), nil
}
