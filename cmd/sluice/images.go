package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sluice/internal/state"
)

func imagesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "images",
		Short: "Get the images and tell which are pulled, assembled, built, left out",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			repository, err := state.Repository()
			if err != nil {
				return err
			}
			plan, err := a.getImages(cmd.Context(), repository)
			if err != nil {
				return err
			}
			fmt.Println()
			table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "IMAGE\tORIGIN\t")
			for _, row := range plan.Table() {
				fmt.Fprintf(table, "%s\t%s\t\n", row.Image, row.Origin)
			}
			return table.Flush()
		},
	}
}
