package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// ContainerUsage is what a container has used, as its kubelet says.
type ContainerUsage struct {
	Pod, Container string
	CPUSeconds     float64   // since it started
	MemoryBytes    float64   // without page cache that can be dropped
	At             time.Time // of the kubelet's look, every ten seconds or so
}

// Usage asks the kubelets of nodes for the containers of a namespace. It leaves out those that they have not looked at yet.
func (c *Client) Usage(ctx context.Context, namespace string, nodes []string) ([]ContainerUsage, error) {
	var all []ContainerUsage
	for _, node := range nodes {
		summary, err := c.CoreV1().RESTClient().Get().Resource("nodes").Name(node).SubResource("proxy").Suffix("stats/summary").DoRaw(ctx)
		if err != nil {
			return nil, fmt.Errorf("kubelet of %s: %w", node, err)
		}
		used, err := parseSummary(summary, namespace)
		if err != nil {
			return nil, fmt.Errorf("kubelet of %s: %w", node, err)
		}
		all = append(all, used...)
	}
	return all, nil
}

func parseSummary(summary []byte, namespace string) ([]ContainerUsage, error) {
	var answer struct {
		Pods []struct {
			PodRef     struct{ Name, Namespace string }
			Containers []struct {
				Name string
				CPU  struct {
					Time                 time.Time
					UsageCoreNanoSeconds *uint64
				}
				Memory struct{ WorkingSetBytes float64 }
			}
		}
	}
	if err := json.Unmarshal(summary, &answer); err != nil {
		return nil, err
	}
	var all []ContainerUsage
	for _, pod := range answer.Pods {
		if pod.PodRef.Namespace != namespace {
			continue
		}
		for _, c := range pod.Containers {
			if used := c.CPU.UsageCoreNanoSeconds; used != nil {
				all = append(all, ContainerUsage{pod.PodRef.Name, c.Name, float64(*used) / 1e9, c.Memory.WorkingSetBytes, c.CPU.Time})
			}
		}
	}
	return all, nil
}
