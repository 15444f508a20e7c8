//go:build zones

package zones

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
	"sluice/test/network"
)

// From every pod to every open port of every other pod: what the policies allow answers, and all else does not.
func TestConnections(t *testing.T) {
	client, err := kube.New(kubeconfig(t))
	require.NoError(t, err)
	pods := running(t, client, name, "app.kubernetes.io/instance="+name)
	list, err := client.NetworkingV1().NetworkPolicies(name).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.Greater(t, len(list.Items), 10, "NetworkPolicies: values-prod.yaml enables them")
	var policies []*networkingv1.NetworkPolicy
	for _, policy := range list.Items {
		policies = append(policies, &policy)
	}
	open := openPorts(t, pods)

	var allowed, refused atomic.Int64
	each(t, pods, func(from *corev1.Pod) error {
		want, addresses := map[string]bool{}, []string{}
		for _, to := range pods {
			for _, port := range open[to] {
				if to == from {
					continue
				}
				addresses = append(addresses, address(to, port))
				if network.Allows(policies, from.Labels, to.Labels, port) {
					want[address(to, port)] = true
				}
			}
		}
		got, err := network.Connect(t.Context(), from, addresses)
		assert.Equal(t, want, got, "addresses that answer %s, of %s", from.Name, describe(pods))
		allowed.Add(int64(len(want)))
		refused.Add(int64(len(addresses) - len(want)))
		return err
	})
	t.Logf("%d connections allowed, %d refused, between %d pods", allowed.Load(), refused.Load(), len(pods))
}

// No pod is reached by one that does not belong to the release, and none reaches what does not belong to it.
func TestNoStrangers(t *testing.T) {
	client, err := kube.New(kubeconfig(t))
	require.NoError(t, err)
	strangers := running(t, client, "kube-system", "k8s-app=kube-dns")
	require.NotEmpty(t, strangers)
	api, err := client.CoreV1().Services("default").Get(t.Context(), "kubernetes", metav1.GetOptions{})
	require.NoError(t, err)
	apiServer := []string{api.Spec.ClusterIP + ":443"}
	got, err := network.Connect(t.Context(), strangers[0], apiServer)
	require.NoError(t, err)
	require.Len(t, got, 1, "the API server must answer somebody, or that it does not answer says nothing")

	pods := running(t, client, name, "app.kubernetes.io/instance="+name)
	open := openPorts(t, pods)
	each(t, pods, func(pod *corev1.Pod) error {
		var addresses []string
		for _, port := range open[pod] {
			addresses = append(addresses, address(pod, port))
		}
		reached, err := network.Connect(t.Context(), strangers[0], addresses)
		assert.Empty(t, reached, "ports of %s that answer a stranger", pod.Name)
		if err != nil {
			return err
		}
		reached, err = network.Connect(t.Context(), pod, apiServer)
		assert.Empty(t, reached, "%s reaches the API server, which it does not need", pod.Name)
		return err
	})
}

// openPorts are those of each pod that answer its own node, which no policy keeps out. Of a quorum some only listen on
// its leader.
func openPorts(t *testing.T, pods []*corev1.Pod) map[*corev1.Pod][]network.Port {
	t.Helper()
	var mu sync.Mutex
	open := map[*corev1.Pod][]network.Port{}
	each(t, pods, func(pod *corev1.Pod) error {
		var ports []network.Port
		var addresses []string
		for _, container := range pod.Spec.Containers {
			for _, p := range container.Ports {
				if port := (network.Port{Number: p.ContainerPort, Protocol: p.Protocol}); port.Protocol == corev1.ProtocolTCP {
					ports, addresses = append(ports, port), append(addresses, address(pod, port))
				}
			}
		}
		answered, err := network.ConnectFromNode(t.Context(), pod.Spec.NodeName, addresses)
		mu.Lock()
		defer mu.Unlock()
		open[pod] = slices.DeleteFunc(ports, func(port network.Port) bool { return !answered[address(pod, port)] })
		assert.NotEmpty(t, open[pod], "%s: ports that answer its node, of %v", pod.Name, addresses)
		return err
	})
	return open
}

// each does something with every pod, some at a time: what is refused is waited for.
func each(t *testing.T, pods []*corev1.Pod, do func(*corev1.Pod) error) {
	t.Helper()
	var group errgroup.Group
	group.SetLimit(4)
	for _, pod := range pods {
		group.Go(func() error { return do(pod) })
	}
	require.NoError(t, group.Wait())
}

func address(pod *corev1.Pod, port network.Port) string {
	return fmt.Sprintf("%s:%d", pod.Status.PodIP, port.Number)
}

// running are the pods in work: those of Jobs have ended.
func running(t *testing.T, client *kube.Client, namespace, selector string) []*corev1.Pod {
	t.Helper()
	list, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: selector, FieldSelector: "status.phase=Running"})
	require.NoError(t, err)
	var pods []*corev1.Pod
	for _, pod := range list.Items {
		pods = append(pods, &pod)
	}
	return pods
}

func describe(pods []*corev1.Pod) string {
	text := ""
	for _, pod := range pods {
		text += fmt.Sprintf("\n%s = %s", pod.Status.PodIP, pod.Name)
	}
	return text
}
