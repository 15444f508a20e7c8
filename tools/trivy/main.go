// Command trivy checks a Terraform configuration, or rendered manifests, against Trivy's policies, which are built into
// it, and fails on each HIGH or CRITICAL finding that is not accepted with a reason. It is Trivy's own scanner, called
// as a library: the whole program would bring the clients of four clouds and of every package manager.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/severity"
)

const usage = `usage: trivy terraform <folder of the configuration> <file of variables in it>...
       trivy kubernetes <file of manifests>...`

func main() {
	args := os.Args[1:]
	var check func(file string) (int, error)
	switch {
	case len(args) > 2 && args[0] == "terraform":
		folder := args[1]
		check = func(file string) (int, error) { return checkTerraform(context.Background(), os.Stdout, folder, file) }
		args = args[2:]
	case len(args) > 1 && args[0] == "kubernetes":
		check = func(file string) (int, error) { return checkKubernetes(context.Background(), os.Stdout, file) }
		args = args[1:]
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	serious := 0
	for _, file := range args {
		found, err := check(file)
		if err != nil {
			fmt.Fprintf(os.Stderr, "trivy: %s: %v\n", file, err)
			os.Exit(2)
		}
		serious += found
	}
	if serious > 0 {
		os.Exit(1)
	}
}

// summarize prints what is found and what is accepted, and returns the number of HIGH and CRITICAL findings.
func summarize(out io.Writer, what string, results scan.Results) int {
	passed, accepted, failed := results.GetPassed(), results.GetIgnored(), results.GetFailed()
	list(out, "accepted", accepted)
	list(out, "found", failed)
	serious := 0
	for _, result := range failed {
		if result.Severity() == severity.High || result.Severity() == severity.Critical {
			serious++
		}
	}
	fmt.Fprintf(out, "%s: %d policies hold, %d findings accepted with a reason, %d of others, %d of them HIGH or CRITICAL\n",
		what, len(passed), len(accepted), len(failed), serious)
	return serious
}

func list(out io.Writer, what string, results scan.Results) {
	for _, result := range results {
		fmt.Fprintf(out, "%-8s %-8s %s %s:%d: %s\n", what, result.Severity(), result.Rule().ID,
			result.Range().GetFilename(), result.Range().GetStartLine(), result.Description())
	}
}
