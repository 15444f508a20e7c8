package main

import (
	"context"

	"github.com/segmentio/kafka-go"
	"github.com/spf13/cobra"

	"sluice/internal/kube"
	"sluice/internal/progress"
	"sluice/internal/rebalance"
	"sluice/internal/release"
	"sluice/internal/usage"
	"sluice/internal/verify"
)

func rebalanceCommand(a *app) *cobra.Command {
	var kubeconfig string
	var brokers int
	command := &cobra.Command{
		Use:   "rebalance",
		Short: "Move Kafka's partitions evenly over the first brokers: after there are more, or before there are fewer",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if brokers < 1 {
				return usage.Errorf("brokers is %d: set --brokers to the number of brokers that shall hold partitions", brokers)
			}
			var err error
			if kubeconfig, err = a.kubeconfig(kubeconfig); err != nil {
				return err
			}
			return a.rebalance(cmd.Context(), kubeconfig, brokers)
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", kubeconfigUsage)
	command.Flags().IntVar(&brokers, "brokers", 0, "how many brokers, from 0 on, shall hold partitions")
	return command
}

func (a *app) rebalance(ctx context.Context, kubeconfig string, brokers int) error {
	client, err := kube.New(kubeconfig)
	if err != nil {
		return usage.Errorf("%w: set --kubeconfig to the cluster's", err)
	}
	access, err := verify.NewAdminAccess(ctx, client, release.Release{Kubeconfig: kubeconfig, Namespace: a.namespace, Name: a.release})
	if err != nil {
		return err
	}
	return a.out.Do("Partitions", func(s *progress.Step) error {
		moved, err := rebalance.Run(ctx, &kafka.Client{Addr: kafka.TCP(access.Brokers()), Transport: access.Kafka()}, brokers, s.Detail)
		if err != nil {
			return err
		}
		s.Detail("%d moved; all are on %d brokers", moved, brokers)
		return rebalance.Remember(ctx, client, a.namespace, a.release, brokers)
	})
}
