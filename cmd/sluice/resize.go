package main

import (
	"context"

	"github.com/spf13/cobra"

	"sluice/internal/kube"
	"sluice/internal/progress"
	"sluice/internal/resize"
	"sluice/internal/usage"
)

func resizeCommand(a *app) *cobra.Command {
	var kubeconfig, component, size string
	command := &cobra.Command{
		Use:   "resize",
		Short: "Make the volumes of a component larger, while its pods run",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := resize.Key(component)
			if err != nil {
				return err
			}
			if kubeconfig, err = a.kubeconfig(kubeconfig); err != nil {
				return err
			}
			if err := a.resize(cmd.Context(), kubeconfig, component, size); err != nil {
				return err
			}
			a.out.Printf("Set %s to %s in your values now: helm upgrade refuses another size.", key, size)
			return nil
		},
	}
	flags := command.Flags()
	flags.StringVar(&kubeconfig, "kubeconfig", "", kubeconfigUsage)
	flags.StringVar(&component, "component", "", "whose volumes, such as kafka")
	flags.StringVar(&size, "size", "", "the new size of each, such as 20Gi")
	return command
}

func (a *app) resize(ctx context.Context, kubeconfig, component, size string) error {
	client, err := kube.New(kubeconfig)
	if err != nil {
		return usage.Errorf("%w: set --kubeconfig to the cluster's", err)
	}
	return a.out.Do("Volumes of "+component, func(s *progress.Step) error {
		return resize.Resize{
			Client: client, Namespace: a.namespace, Release: a.release, Component: component, Size: size,
			Detail: s.Detail,
		}.Run(ctx)
	})
}
