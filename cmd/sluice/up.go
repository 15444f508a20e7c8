package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"sluice/internal/cluster"
	"sluice/internal/engine"
	"sluice/internal/images"
	"sluice/internal/kube"
	"sluice/internal/progress"
	"sluice/internal/release"
	"sluice/internal/state"
	"sluice/internal/verify"
)

// readyTimeout bounds the wait for the workloads: pulling all images over a slow line takes minutes.
const readyTimeout = 15 * time.Minute

const chartDir = "charts/sluice" // relative to the repository

func upCommand(a *app) *cobra.Command {
	var (
		valuesFiles []string
		set         []string
		count       int
	)
	command := &cobra.Command{
		Use:   "up",
		Short: "Create the cluster, install the chart, wait, and send numbered events through it",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.up(cmd.Context(), valuesFiles, set, count)
		},
	}
	command.Flags().StringSliceVarP(&valuesFiles, "values", "f", []string{"values/values-dev.yaml"}, "values files of the chart, relative to the repository")
	command.Flags().StringArrayVar(&set, "set", nil, "single values of the chart, key=value")
	command.Flags().IntVar(&count, "count", 10_000, "numbered events to send through the pipeline at the end; 0 sends none")
	return command
}

func (a *app) up(ctx context.Context, valuesFiles, set []string, count int) error {
	repository, err := state.Repository()
	if err != nil {
		return err
	}
	c, err := cluster.New(a.topology)
	if err != nil {
		return err
	}
	plan, err := a.getImages(ctx, repository)
	if err != nil {
		return err
	}
	err = a.out.Do("kind cluster "+c.Name, func(s *progress.Step) error {
		return c.Ensure(ctx, plan.NodeImage(), s.Detail)
	})
	if err != nil {
		return err
	}
	if a.topology == "sim" {
		count = 0 // nothing runs on simulated nodes, so no event can flow, and no image is needed or missing
		err = a.out.Do("Simulated nodes", func(*progress.Step) error { return simulate(ctx, c) })
	} else {
		set = append(plan.Set(), set...)
		err = a.out.Do("Images into the cluster", func(*progress.Step) error { return c.Load(ctx, plan.Local()) })
	}
	if err != nil {
		return err
	}
	client, err := kube.New(c.Kubeconfig)
	if err != nil {
		return err
	}
	r := a.releaseIn(c.Kubeconfig)
	if err := a.install(ctx, r, client, repository, valuesFiles, set); err != nil {
		return err
	}
	if count > 0 {
		if err := a.verify(ctx, verify.Options{Kubeconfig: c.Kubeconfig, Count: count, Timeout: 5 * time.Minute}); err != nil {
			return err
		}
	}
	render, err := release.RenderTime(filepath.Join(repository, chartDir), absolute(repository, valuesFiles), set)
	if err != nil {
		return err
	}
	return a.summary(ctx, c, r, client, render)
}

// simulate gives the sim topology two nodes in each of three zones.
func simulate(ctx context.Context, c *cluster.Cluster) error {
	return c.Simulate(ctx, []string{"a", "b", "c"}, []cluster.NodePool{{Name: "general", PerZone: 2, Capacity: corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("16"),
		corev1.ResourceMemory: resource.MustParse("64Gi"),
	}}})
}

// getImages makes the engine answer and gets every image that is built or assembled on this machine.
func (a *app) getImages(ctx context.Context, repository string) (*images.Plan, error) {
	err := a.out.Do("Docker engine", func(s *progress.Step) error {
		from, err := engine.Ensure(ctx, s.Detail)
		if err == nil {
			s.Detail("%s", from)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	plan, err := images.NewPlan(ctx, repository, a.images)
	if err != nil {
		return nil, err
	}
	a.out.Printf("  images: %s", plan.Why)
	if err := a.buildImages(ctx, plan); err != nil {
		return nil, err
	}
	for _, spec := range plan.LeftOut {
		a.out.Printf("  left out: %s (%s): %s", spec.Title, spec.Image, spec.Reason)
	}
	return plan, nil
}

// buildsAtATime keeps two cores busy: one build compiles while another waits for packages.
const buildsAtATime = 2

func (a *app) buildImages(ctx context.Context, plan *images.Plan) error {
	builds, ctx := errgroup.WithContext(ctx)
	builds.SetLimit(buildsAtATime)
	for _, spec := range plan.Build {
		builds.Go(func() error {
			return a.out.Do("Image "+spec.Image, func(s *progress.Step) error {
				s.Detail("%s", spec.Title)
				built, err := plan.Builder.Build(ctx, spec)
				if err == nil && !built {
					s.Detail("%s, up to date", spec.Title)
				}
				return err
			})
		})
	}
	return builds.Wait()
}

func (a *app) install(ctx context.Context, r release.Release, client *kube.Client, repository string, valuesFiles, set []string) error {
	err := a.out.Do("Helm release "+r.Name, func(*progress.Step) error {
		if err := r.EnsureNamespace(ctx, client); err != nil {
			return err
		}
		return r.Apply(ctx, filepath.Join(repository, chartDir), absolute(repository, valuesFiles), set)
	})
	if err != nil {
		return err
	}
	return a.out.Do("Workloads", func(s *progress.Step) error {
		ctx, cancel := context.WithTimeout(ctx, readyTimeout)
		defer cancel()
		return r.Wait(ctx, client, s.Detail)
	})
}

// absolute takes file names that are relative to the repository.
func absolute(repository string, files []string) []string {
	paths := make([]string, 0, len(files))
	for _, file := range files {
		if !filepath.IsAbs(file) {
			file = filepath.Join(repository, file)
		}
		paths = append(paths, file)
	}
	return paths
}
