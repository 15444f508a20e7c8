// Command trivy checks a Terraform configuration against Trivy's AWS policies, which are built into it, and fails
// on each HIGH or CRITICAL finding that no comment beside the code accepts. It is Trivy's own scanner, called as a
// library: the whole program would bring the clients of four clouds and of every package manager.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform"
	"github.com/aquasecurity/trivy/pkg/iac/severity"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: trivy <folder of the configuration> <file of variables in it>...")
		os.Exit(2)
	}
	serious := 0
	for _, variables := range os.Args[2:] {
		found, err := check(context.Background(), os.Stdout, os.Args[1], variables)
		if err != nil {
			fmt.Fprintf(os.Stderr, "trivy: %s with %s: %v\n", os.Args[1], variables, err)
			os.Exit(2)
		}
		serious += found
	}
	if serious > 0 {
		os.Exit(1)
	}
}

// check scans the configuration in dir with the variables of one file, prints what is found and what is accepted,
// and returns the number of HIGH and CRITICAL findings. A folder without a configuration is an error: policies hold there.
func check(ctx context.Context, out io.Writer, dir, variables string) (int, error) {
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
	passed, accepted, failed := results.GetPassed(), results.GetIgnored(), results.GetFailed()
	list(out, "accepted", accepted)
	list(out, "found", failed)
	serious := 0
	for _, result := range failed {
		if result.Severity() == severity.High || result.Severity() == severity.Critical {
			serious++
		}
	}
	fmt.Fprintf(out, "%s: %d policies hold, %d findings accepted beside the code, %d of others, %d of them HIGH or CRITICAL\n",
		variables, len(passed), len(accepted), len(failed), serious)
	return serious, nil
}

func list(out io.Writer, what string, results scan.Results) {
	for _, result := range results {
		fmt.Fprintf(out, "%-8s %-8s %s %s:%d: %s\n", what, result.Severity(), result.Rule().ID,
			result.Range().GetFilename(), result.Range().GetStartLine(), result.Description())
	}
}
