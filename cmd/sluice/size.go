package main

import (
	"github.com/spf13/cobra"

	"sluice/internal/size"
)

func sizeCommand(a *app) *cobra.Command {
	var out string
	var explain bool
	var set []string
	defaults, broken := size.Defaults()
	in := size.DefaultInput(defaults)
	command := &cobra.Command{
		Use:   "size",
		Short: "Plan pods, volumes, nodes and their cost on EKS for a load",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if broken != nil {
				return broken
			}
			coefficients, err := defaults.With(set)
			if err != nil {
				return err
			}
			plan, err := size.New(in, coefficients)
			if err != nil {
				return err
			}
			if err := plan.Print(cmd.OutOrStdout()); err != nil {
				return err
			}
			if explain {
				a.out.Printf("")
				if err := plan.Explain(cmd.OutOrStdout()); err != nil {
					return err
				}
			}
			if out == "" {
				return nil
			}
			if err := plan.Write(out); err != nil {
				return err
			}
			a.out.Printf("\nWritten to %s: %s goes over values/values-prod.yaml, %s after your tfvars (docs/eks.md).", out, size.ValuesFile, size.TfvarsFile)
			return nil
		},
	}
	flags := command.Flags()
	flags.Float64Var(&in.Rate, "rate", 0, "events a second, as a mean over days")
	flags.Float64Var(&in.EventBytes, "event-bytes", in.EventBytes, "bytes of an event in JSON")
	flags.Float64Var(&in.Peak, "peak", in.Peak, "the rate of the busiest minutes, divided by the mean")
	flags.IntVar(&in.KafkaHours, "kafka-retention", in.KafkaHours, "hours that Kafka keeps an event")
	flags.IntVar(&in.Days, "retention", in.Days, "days that Elasticsearch keeps an event, in two copies")
	flags.IntVar(&in.Replication, "replication", in.Replication, "copies in Kafka")
	flags.IntVar(&in.Zones, "zones", in.Zones, "availability zones")
	flags.StringVar(&in.Engine, "engine", in.Engine, "what carries events from Kafka to Elasticsearch: indexer or logstash")
	flags.BoolVar(&in.Fsync, "fsync", false, "flush each event in Logstash's queue, whatever that takes; otherwise it is flushed while that costs nothing")
	flags.StringVar(&out, "out", "", "folder for values.yaml and sluice.tfvars; files that are there stay")
	flags.BoolVar(&explain, "explain", false, "show every coefficient with its source, and every formula with its numbers")
	flags.StringArrayVar(&set, "set", nil, "another value of a coefficient, name=value; --explain lists them")
	return command
}
