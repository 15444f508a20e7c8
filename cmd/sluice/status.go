package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sluice/internal/cluster"
	"sluice/internal/engine"
	"sluice/internal/kube"
	"sluice/internal/usage"
)

func statusCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the workloads and where they answer",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.status(cmd.Context()) },
	}
}

func (a *app) status(ctx context.Context) error {
	c, err := cluster.New(a.topology)
	if err != nil {
		return err
	}
	if !engine.Answers(ctx) {
		return usage.Errorf("no Docker engine answers: nothing is running, start with make up")
	}
	exists, err := c.Exists()
	if err != nil {
		return err
	}
	if !exists {
		return usage.Errorf("there is no cluster %s: start with make up", c.Name)
	}
	client, err := kube.New(c.Kubeconfig)
	if err != nil {
		return err
	}
	r := a.releaseIn(c.Kubeconfig)
	workloads, err := r.Workloads(ctx, client)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WORKLOAD\tKIND\tREADY\t")
	waiting := 0
	for _, w := range workloads {
		mark := ""
		if !w.Done() {
			mark = "waiting"
			waiting++
		}
		fmt.Fprintf(table, "%s\t%s\t%d/%d\t%s\n", w.Name, w.Kind, w.Ready, w.Want, mark)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	urls, err := nodePortURLs(ctx, c, r, client)
	if err != nil {
		return err
	}
	fmt.Println()
	for _, url := range urls {
		fmt.Println(url)
	}
	fmt.Printf("%-15s export KUBECONFIG=%s\n", "kubectl", c.Kubeconfig)
	if waiting > 0 || len(workloads) == 0 {
		return fmt.Errorf("%d of %d workloads are not ready", waiting, len(workloads))
	}
	return nil
}
