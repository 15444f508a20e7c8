package main

import "sluice/internal/cluster"

const kubeconfigUsage = "kubeconfig of the release's cluster (default: the topology's own)"

// kubeconfig is the one that was given, or else that of the topology's cluster.
func (a *app) kubeconfig(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	c, err := cluster.New(a.topology)
	if err != nil {
		return "", err
	}
	return c.Kubeconfig, nil
}
