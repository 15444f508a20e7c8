// Package release installs the umbrella chart through Helm's library and waits for what it runs.
package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	helm "helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"
	"helm.sh/helm/v3/pkg/strvals"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"sluice/internal/usage"
)

const (
	// helmTimeout bounds what Helm itself waits for: the API server's answers, not the pods.
	helmTimeout = 2 * time.Minute
	// maxHistory is how many revisions are kept, as the helm command does: each is a Secret of some 200 kB.
	maxHistory = 10
)

// Release is one release of the chart in one cluster.
type Release struct {
	Kubeconfig string // path
	Namespace  string
	Name       string
}

func (r Release) config() (*action.Configuration, error) {
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig, flags.Namespace = &r.Kubeconfig, &r.Namespace
	var config action.Configuration
	err := config.Init(flags, r.Namespace, "secret", func(string, ...any) {})
	return &config, err
}

// Apply installs the chart, or upgrades the release to it. A release that an interrupted run left pending is
// first brought back to its last good revision, or removed if it has none; volumes stay in both cases.
func (r Release) Apply(ctx context.Context, chartDir string, valuesFiles, set []string) error {
	if err := Check(chartDir, valuesFiles, set); err != nil {
		return err
	}
	chart, merged, err := load(chartDir, valuesFiles, set)
	if err != nil {
		return err
	}
	config, err := r.config()
	if err != nil {
		return err
	}
	installed, err := r.recover(config)
	if err != nil {
		return err
	}
	if installed {
		upgrade := action.NewUpgrade(config)
		upgrade.Namespace, upgrade.Timeout, upgrade.MaxHistory = r.Namespace, helmTimeout, maxHistory
		_, err = upgrade.RunWithContext(ctx, r.Name, chart, merged)
	} else {
		install := action.NewInstall(config)
		install.ReleaseName, install.Namespace, install.Timeout = r.Name, r.Namespace, helmTimeout
		_, err = install.RunWithContext(ctx, chart, merged)
	}
	if err != nil {
		return fmt.Errorf("helm release %s: %w", r.Name, mendable(err))
	}
	return nil
}

// Check holds values against the schemas of the chart and its sub-charts. The usage error has a line for each that is wrong.
// It loads a chart of its own, because checking changes it.
func Check(chartDir string, valuesFiles, set []string) error {
	loaded, merged, err := load(chartDir, valuesFiles, set)
	if err != nil {
		return err
	}
	return checkValues(loaded, merged)
}

// Change upgrades the release to the chart with the values that it has, and a few others.
func (r Release) Change(ctx context.Context, chartDir string, set []string) error {
	loaded, err := loader.Load(chartDir)
	if err != nil {
		return err
	}
	config, err := r.config()
	if err != nil {
		return err
	}
	upgrade := action.NewUpgrade(config)
	upgrade.Namespace, upgrade.Timeout, upgrade.MaxHistory, upgrade.ResetThenReuseValues = r.Namespace, helmTimeout, maxHistory, true
	changed := map[string]any{}
	for _, value := range set {
		if err := strvals.ParseInto(value, changed); err != nil {
			return usage.Errorf("values: %w", err)
		}
	}
	if _, err := upgrade.RunWithContext(ctx, r.Name, loaded, changed); err != nil {
		return fmt.Errorf("helm release %s: %w", r.Name, err)
	}
	return nil
}

func load(chartDir string, valuesFiles, set []string) (*chart.Chart, map[string]any, error) {
	loaded, err := loader.Load(chartDir)
	if err != nil {
		return nil, nil, err
	}
	merged, err := (&values.Options{ValueFiles: valuesFiles, Values: set}).MergeValues(getter.All(cli.New()))
	if err != nil {
		return nil, nil, usage.Errorf("values: %w", err)
	}
	return loaded, merged, nil
}

// RenderTime is how long Helm takes to render the chart in this process, its files already read: the median
// of five times.
func RenderTime(chartDir string, valuesFiles, set []string) (time.Duration, error) {
	var times []time.Duration
	for range 5 {
		loaded, merged, err := load(chartDir, valuesFiles, set)
		if err != nil {
			return 0, err
		}
		began := time.Now()
		if _, err := render(loaded, merged, "sluice", "sluice"); err != nil {
			return 0, err
		}
		times = append(times, time.Since(began))
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// Rollback brings the release back to one of its revisions.
func (r Release) Rollback(revision int) error {
	config, err := r.config()
	if err != nil {
		return err
	}
	return r.rollback(config, revision)
}

func (r Release) rollback(config *action.Configuration, revision int) error {
	rollback := action.NewRollback(config)
	rollback.Version, rollback.Timeout, rollback.MaxHistory = revision, helmTimeout, maxHistory
	return rollback.Run(r.Name)
}

// recover returns whether the release exists, in a state that can be upgraded.
func (r Release) recover(config *action.Configuration) (bool, error) {
	revisions, err := action.NewHistory(config).Run(r.Name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	slices.SortFunc(revisions, func(a, b *helm.Release) int { return b.Version - a.Version })
	switch status := revisions[0].Info.Status; {
	case status == helm.StatusUninstalling, status == helm.StatusUninstalled: // neither can be installed over
		return false, r.uninstall(config)
	case !status.IsPending():
		return true, nil
	}
	for _, revision := range revisions {
		if status := revision.Info.Status; status == helm.StatusDeployed || status == helm.StatusSuperseded {
			return true, r.rollback(config, revision.Version)
		}
	}
	return false, r.uninstall(config)
}

// Uninstall removes the release; it is no error if there is none. Volumes stay, as Kubernetes keeps them.
func (r Release) Uninstall() error {
	config, err := r.config()
	if err != nil {
		return err
	}
	return r.uninstall(config)
}

func (r Release) uninstall(config *action.Configuration) error {
	uninstall := action.NewUninstall(config)
	uninstall.IgnoreNotFound, uninstall.Timeout = true, helmTimeout
	_, err := uninstall.Run(r.Name)
	return err
}

// Values are the values that the release runs with, the chart's defaults included.
func (r Release) Values() (chartutil.Values, error) {
	found, err := r.installed()
	if err != nil {
		return nil, err
	}
	all, err := chartutil.CoalesceValues(found.Chart, found.Config)
	if err != nil {
		return nil, fmt.Errorf("values of release %s/%s: %w", r.Namespace, r.Name, err)
	}
	return all, nil
}

// On tells whether the values have the switch at that path, and it is on.
func On(values chartutil.Values, path string) bool {
	on, err := values.PathValue(path)
	return err == nil && on == true
}

// Notes are what Helm prints after the installation.
func (r Release) Notes() (string, error) {
	found, err := r.installed()
	if err != nil {
		return "", err
	}
	return found.Info.Notes, nil
}

// installed is the newest revision of the release.
func (r Release) installed() (*helm.Release, error) {
	config, err := r.config()
	if err != nil {
		return nil, err
	}
	found, err := action.NewGet(config).Run(r.Name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return nil, usage.Errorf("there is no release %q in namespace %q: install it (make up), or see `helm list -A`", r.Name, r.Namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("release %s/%s: %w", r.Namespace, r.Name, err)
	}
	return found, nil
}
