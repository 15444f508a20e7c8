// Command kube-score scores rendered manifests with kube-score's checks, and fails on each CRITICAL finding that is not
// accepted with a reason. It is kube-score's own scorer, called as a library: the program itself can accept a check
// only for everything, or by an annotation that would be installed with the chart, and neither has a place for the reason.
package main

import (
	"fmt"
	"os"
)

const usage = "usage: kube-score <file of what is accepted> <file of manifests>"

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	unexplained, err := check(os.Stdout, os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintf(os.Stderr, "kube-score: %v\n", err)
		os.Exit(2)
	}
	if unexplained > 0 {
		os.Exit(1)
	}
}
