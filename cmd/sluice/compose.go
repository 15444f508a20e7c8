package main

import (
	"github.com/spf13/cobra"

	"sluice/internal/compose"
	"sluice/internal/progress"
	"sluice/internal/state"
)

func composeConfigCommand(a *app) *cobra.Command {
	var getImages bool
	command := &cobra.Command{
		Use:   "compose-config",
		Short: "Write the files that docker-compose.yml mounts, and get the images that can't be pulled",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			repository, err := state.Repository()
			if err != nil {
				return err
			}
			err = a.out.Do("Files below "+compose.ConfigDir, func(s *progress.Step) error {
				project, err := compose.Generate(repository)
				if err != nil {
					return err
				}
				s.Detail("%d of them", len(project.Files))
				return project.WriteFiles(repository)
			})
			if err != nil || !getImages {
				return err
			}
			plan, err := a.getImages(cmd.Context(), repository)
			if err != nil {
				return err
			}
			start := "docker compose up" // with the profile of .env
			if profile := compose.ProfileFor(plan.Mode); profile != compose.Logstash {
				start = "docker compose --profile " + profile + " up"
			}
			a.out.Printf("\nNext: %s", start)
			return nil
		},
	}
	command.Flags().BoolVar(&getImages, "get-images", true, "also get the images that are built or assembled on this machine")
	return command
}
