package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"

	"sluice/internal/progress"
	"sluice/internal/verify"
)

func verifyCommand(a *app) *cobra.Command {
	var options verify.Options
	var tolerance float64
	command := &cobra.Command{
		Use:   "verify",
		Short: "Send numbered events through the running pipeline and account for every one",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if options.Rate > 0 {
				options.Tolerance = tolerance
			}
			var err error
			if options.Kubeconfig, err = a.kubeconfig(options.Kubeconfig); err != nil {
				return err
			}
			return a.verify(cmd.Context(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Kubeconfig, "kubeconfig", "", kubeconfigUsage)
	flags.IntVar(&options.Count, "count", 10_000, "numbered events to send")
	flags.IntVar(&options.Rate, "rate", 0, "events a second; 0 is as fast as possible")
	flags.Float64Var(&tolerance, "tolerance", 0.3, "with --rate: how far CPU and disk that an event takes may be from what sluice size predicts; 0 measures nothing")
	flags.IntVar(&options.Size, "size", 0, "bytes of one event's message; 0 leaves it to the generator")
	flags.DurationVar(&options.Timeout, "timeout", 5*time.Minute, "how long the events may take to arrive")
	return command
}

// verify runs as a step and prints its report, also when a check failed.
func (a *app) verify(ctx context.Context, options verify.Options) error {
	options.Namespace, options.Release = a.namespace, a.release
	var report verify.Report
	err := a.out.Do("Events through the pipeline", func(s *progress.Step) error {
		options.Progress = func(step string, done, total int64) { s.Detail("%s: %d of %d", step, done, total) }
		var err error
		report, err = verify.Run(ctx, options)
		return err
	})
	if report.RunID != "" {
		a.out.Printf("")
		if err := report.Print(os.Stdout); err != nil {
			return err
		}
	}
	return err
}
