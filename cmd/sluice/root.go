package main

import (
	"os"

	"github.com/spf13/cobra"

	"sluice/internal/cluster"
	"sluice/internal/images"
	"sluice/internal/progress"
	"sluice/internal/release"
	"sluice/internal/usage"
)

// app is what all commands share.
type app struct {
	out       *progress.Printer
	topology  string
	release   string
	namespace string
	images    string
}

func rootCommand() *cobra.Command {
	a := &app{out: progress.New(os.Stdout)}
	root := &cobra.Command{
		Use:           "sluice",
		Short:         "A real-time log and metrics pipeline on Kubernetes",
		SilenceUsage:  true,
		SilenceErrors: true,
		// For an unknown command: without these two, cobra answers with an error that is no usage error.
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		// Before any command starts something that it would have to stop again.
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if err := cluster.CheckTopology(a.topology); err != nil {
				return err
			}
			return images.CheckMode(a.images)
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.topology, "topology", "dev", "kind cluster: dev (one node), zones (three workers), sim (simulated nodes)")
	flags.StringVar(&a.release, "release", "sluice", "name of the Helm release")
	flags.StringVarP(&a.namespace, "namespace", "n", "sluice", "namespace of the release")
	flags.StringVar(&a.images, "images", envOr("IMAGES", "auto"), "where images come from: pull, assemble, or auto (pull where a registry answers)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage.Errorf("%w: see %s --help", err, cmd.CommandPath())
	})
	root.AddCommand(upCommand(a), downCommand(a), statusCommand(a), verifyCommand(a), imagesCommand(a), composeConfigCommand(a),
		resizeCommand(a), rebalanceCommand(a), sizeCommand(a))
	return root
}

// noArgs refuses stray arguments as a usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usage.Errorf("%w: see %s --help", err, cmd.CommandPath())
	}
	return nil
}

func (a *app) releaseIn(kubeconfig string) release.Release {
	return release.Release{Kubeconfig: kubeconfig, Namespace: a.namespace, Name: a.release}
}

func envOr(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
