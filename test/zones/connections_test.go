//go:build zones

package zones

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
	"sluice/test/network"
)

// From every pod to every port of every other pod: what the policies allow answers, and all else is refused. From the
// pod's own node, which no policy keeps out, all of them answer.
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

	allowed, refused := 0, 0
	for _, from := range pods {
		want, addresses := map[string]bool{}, []string{}
		for _, to := range pods {
			if to.Name == from.Name {
				continue
			}
			for _, port := range portsOf(to) {
				address := fmt.Sprintf("%s:%d", to.Status.PodIP, port.Number)
				addresses = append(addresses, address)
				if network.Allows(policies, from.Labels, to.Labels, port) {
					want[address] = true
				}
			}
		}
		got, err := network.Connect(t.Context(), from, addresses)
		require.NoError(t, err)
		assert.Equal(t, want, got, "addresses that answer %s, of %s", from.Name, describe(pods))
		allowed, refused = allowed+len(want), refused+len(addresses)-len(want)
	}
	t.Logf("%d connections allowed, %d refused, between %d pods", allowed, refused, len(pods))
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

	for _, pod := range running(t, client, name, "app.kubernetes.io/instance="+name) {
		var addresses []string
		for _, port := range portsOf(pod) {
			addresses = append(addresses, fmt.Sprintf("%s:%d", pod.Status.PodIP, port.Number))
		}
		got, err := network.ConnectFromNode(t.Context(), pod.Spec.NodeName, addresses)
		require.NoError(t, err)
		assert.Len(t, got, len(addresses), "%s: ports that answer its node, of %v", pod.Name, addresses)

		got, err = network.Connect(t.Context(), strangers[0], addresses)
		require.NoError(t, err)
		assert.Empty(t, got, "ports of %s that answer a stranger", pod.Name)

		got, err = network.Connect(t.Context(), pod, apiServer)
		require.NoError(t, err)
		assert.Empty(t, got, "%s reaches the API server, which it does not need", pod.Name)
	}
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

func portsOf(pod *corev1.Pod) []network.Port {
	var ports []network.Port
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			ports = append(ports, network.Port{Number: port.ContainerPort, Protocol: port.Protocol})
		}
	}
	return ports
}

func describe(pods []*corev1.Pod) string {
	text := ""
	for _, pod := range pods {
		text += fmt.Sprintf("\n%s = %s", pod.Status.PodIP, pod.Name)
	}
	return text
}
