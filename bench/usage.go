package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// used is what a component's container has used, as its kubelet says.
type used struct {
	cpu    float64 // seconds since it started
	memory float64 // bytes, without page cache that can be dropped
	at     time.Time
}

// usage is by the component's name; of several pods of one it tells the sum.
func (b *bench) usage(ctx context.Context) (map[string]used, error) {
	nodes, err := b.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	all := map[string]used{}
	for _, node := range nodes.Items {
		content, err := b.client.CoreV1().RESTClient().Get().Resource("nodes").Name(node.Name).SubResource("proxy").Suffix("stats/summary").DoRaw(ctx)
		if err != nil {
			return nil, fmt.Errorf("stats of node %s: %w", node.Name, err)
		}
		var summary struct {
			Pods []struct {
				PodRef     struct{ Name, Namespace string } `json:"podRef"`
				Containers []struct {
					Name string
					CPU  struct {
						Time  time.Time
						Nanos float64 `json:"usageCoreNanoSeconds"`
					}
					Memory struct {
						WorkingSet float64 `json:"workingSetBytes"`
					}
				}
			}
		}
		if err := json.Unmarshal(content, &summary); err != nil {
			return nil, fmt.Errorf("stats of node %s: %w", node.Name, err)
		}
		for _, pod := range summary.Pods {
			if pod.PodRef.Namespace != b.release.Namespace {
				continue
			}
			for _, c := range pod.Containers { // each is called like its component
				sum := all[c.Name]
				sum.cpu += c.CPU.Nanos / 1e9
				sum.memory += c.Memory.WorkingSet
				if sum.at.IsZero() || c.CPU.Time.Before(sum.at) {
					sum.at = c.CPU.Time
				}
				all[c.Name] = sum
			}
		}
	}
	return all, nil
}

// usageAfter waits until the kubelet, which looks every ten seconds or so, has looked at the engine after that time.
func (b *bench) usageAfter(ctx context.Context, moment time.Time) (map[string]used, error) {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Second) {
		all, err := b.usage(ctx)
		if err != nil {
			return nil, err
		}
		if all[b.values.engine].at.After(moment) {
			return all, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("the kubelet tells nothing newer of %s", b.values.engine)
		}
	}
}
