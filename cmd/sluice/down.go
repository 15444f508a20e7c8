package main

import (
	"context"

	"github.com/spf13/cobra"

	"sluice/internal/cluster"
	"sluice/internal/engine"
	"sluice/internal/progress"
)

func downCommand(a *app) *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use:   "down",
		Short: "Delete what up created: the cluster, its network, and the engine if up started it",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			names := []string{a.topology}
			if all {
				names = cluster.Topologies
			}
			return a.down(cmd.Context(), names)
		},
	}
	command.Flags().BoolVar(&all, "all", false, "the clusters of all topologies")
	return command
}

func (a *app) down(ctx context.Context, topologies []string) error {
	if !engine.Answers(ctx) {
		a.out.Printf("No Docker engine answers: nothing of Sluice is running.")
		return nil
	}
	for _, name := range topologies {
		c, err := cluster.New(name)
		if err != nil {
			return err
		}
		err = a.out.Do("Delete kind cluster "+c.Name, func(s *progress.Step) error {
			exists, err := c.Exists()
			if err == nil && !exists {
				s.Detail("there is none")
			}
			if err != nil {
				return err
			}
			return c.Delete(ctx)
		})
		if err != nil {
			return err
		}
	}
	return a.out.Do("Docker engine", func(s *progress.Step) error {
		stopped, err := engine.StopOurs(ctx)
		s.Detail("left running")
		if stopped {
			s.Detail("stopped, since up had started it; its images are kept for the next time")
		}
		return err
	})
}
