package main

import (
	"os"

	"github.com/spf13/cobra"

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
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.topology, "topology", "dev", "kind cluster: dev (one node), zones (three workers), sim (simulated nodes)")
	flags.StringVar(&a.release, "release", "sluice", "name of the Helm release")
	flags.StringVarP(&a.namespace, "namespace", "n", "sluice", "namespace of the release")
	flags.StringVar(&a.images, "images", envOr("IMAGES", "auto"), "where images come from: pull, assemble, or auto (pull where a registry answers)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage.Errorf("%w: see sluice --help", err) })
	root.AddCommand(upCommand(a), downCommand(a), statusCommand(a), verifyCommand(a), imagesCommand(a))
	return root
}

// noArgs refuses stray arguments as a usage error.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usage.Errorf("%w: see sluice %s --help", err, cmd.Name())
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
