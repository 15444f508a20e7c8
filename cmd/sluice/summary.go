package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"sluice/internal/cluster"
	"sluice/internal/kube"
	"sluice/internal/release"
)

// summary prints where everything answers, what it cost, and how to stop it.
func (a *app) summary(ctx context.Context, c *cluster.Cluster, r release.Release, client *kube.Client, render time.Duration) error {
	urls, err := nodePortURLs(ctx, c, r, client)
	if err != nil {
		return err
	}
	requests, err := r.MemoryRequests(ctx, client)
	if err != nil {
		return err
	}
	memory, err := c.Memory(ctx)
	if err != nil {
		return err
	}
	values, err := r.Values()
	if err != nil {
		return err
	}
	credentials := "none: the dev profile asks for none and listens on this machine only"
	if release.On(values, "global.security.enabled") {
		credentials = "in the namespace's Secrets: docs/security.md says which are whose"
	}
	a.out.Printf("\nSluice is up.")
	for _, url := range urls {
		a.out.Printf("  %s", url)
	}
	a.out.Printf("  credentials           %s", credentials)
	a.out.Printf("  kubectl               export KUBECONFIG=%s", c.Kubeconfig)
	a.out.Printf("  look                  make status        count again   make verify        stop   make down")
	a.out.Printf("\nFigures: ready and verified in %.0f s (at most 150 s warm, 1200 s cold); memory requests of all pods %s (dev: at most 8 GiB); "+
		"the cluster uses %s (dev: at most 10 GiB); the chart renders in %d ms (at most 150 ms)",
		a.out.Elapsed().Seconds(), gib(requests), gib(memory), render.Milliseconds())
	return nil
}

// nodePortURLs lists where the release's NodePort Services answer on this machine.
func nodePortURLs(ctx context.Context, c *cluster.Cluster, r release.Release, client *kube.Client) ([]string, error) {
	services, err := client.CoreV1().Services(r.Namespace).List(ctx, r.Selector())
	if err != nil {
		return nil, err
	}
	paths := map[string]string{
		"elasticsearch": "/_cluster/health?pretty",
		"prometheus":    "/api/v1/targets",
		"app-service":   "/metrics",
		"kibana":        "/app/dashboards",
	}
	var urls []string
	for _, service := range services.Items {
		if service.Spec.Type != corev1.ServiceTypeNodePort {
			continue
		}
		component := service.Labels["app.kubernetes.io/name"]
		for _, port := range service.Spec.Ports {
			address, err := c.HostAddress(port.NodePort)
			if err != nil {
				return nil, err
			}
			if address != "" {
				urls = append(urls, fmt.Sprintf("%-21s http://%s%s", component, address, paths[component]))
			}
		}
	}
	return urls, nil
}

func gib(bytes int64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }
