package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// used is what a component's container has used, as its kubelet says.
type used struct {
	cpu    float64 // seconds since it started
	memory float64 // bytes, without page cache that can be dropped
	at     time.Time
}

// since is what it has used between two looks, and the time between them, both in seconds.
func (u used) since(earlier used) (cpu, elapsed float64) {
	return u.cpu - earlier.cpu, u.at.Sub(earlier.at).Seconds()
}

// usage is by the component's name; of several pods of one it tells the sum.
func (b *bench) usage(ctx context.Context) (map[string]used, error) {
	nodes, err := b.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, node := range nodes.Items {
		names = append(names, node.Name)
	}
	containers, err := b.client.Usage(ctx, b.release.Namespace, names)
	if err != nil {
		return nil, err
	}
	all := map[string]used{}
	for _, c := range containers { // each is called like its component
		sum := all[c.Container]
		sum.cpu += c.CPUSeconds
		sum.memory += c.MemoryBytes
		if sum.at.IsZero() || c.At.Before(sum.at) {
			sum.at = c.At
		}
		all[c.Container] = sum
	}
	return all, nil
}

// usageNow waits until the kubelet, which looks every ten seconds or so, has looked at each of the components once more.
func (b *bench) usageNow(ctx context.Context, components ...string) (map[string]used, error) {
	now := time.Now()
	for deadline := now.Add(2 * time.Minute); ; time.Sleep(time.Second) {
		all, err := b.usage(ctx)
		if err != nil {
			return nil, err
		}
		old := slices.DeleteFunc(slices.Clone(components), func(component string) bool { return all[component].at.After(now) })
		if len(old) == 0 {
			return all, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("the kubelet tells nothing newer of %s", strings.Join(old, ", "))
		}
	}
}
