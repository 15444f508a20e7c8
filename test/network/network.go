// Package network tells which connections NetworkPolicies allow between the pods of their namespace.
package network

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Port is a port of a pod.
type Port struct {
	Number   int32
	Protocol corev1.Protocol
}

// Allows tells whether a pod with the labels from may connect to a port of one with the labels to: the policies of
// the one must let it out, and those of the other must let it in.
func Allows(policies []*networkingv1.NetworkPolicy, from, to labels.Set, port Port) bool {
	return open(policies, networkingv1.PolicyTypeEgress, from, to, port) && open(policies, networkingv1.PolicyTypeIngress, to, from, port)
}

// open is one half of Allows: what the policies that select a pod say of its peer, in one direction.
func open(policies []*networkingv1.NetworkPolicy, direction networkingv1.PolicyType, pod, peer labels.Set, port Port) bool {
	selected := false
	for _, policy := range policies {
		if !slices.Contains(policy.Spec.PolicyTypes, direction) || !matches(&policy.Spec.PodSelector, pod) {
			continue
		}
		selected = true
		if direction == networkingv1.PolicyTypeIngress {
			for _, rule := range policy.Spec.Ingress {
				if hasPeer(rule.From, peer) && hasPort(rule.Ports, port) {
					return true
				}
			}
			continue
		}
		for _, rule := range policy.Spec.Egress {
			if hasPeer(rule.To, peer) && hasPort(rule.Ports, port) {
				return true
			}
		}
	}
	return !selected
}

// hasPeer looks at pods of the policy's own namespace only. No peers at all stand for everybody.
func hasPeer(peers []networkingv1.NetworkPolicyPeer, pod labels.Set) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		return peer.NamespaceSelector == nil && peer.IPBlock == nil && matches(peer.PodSelector, pod)
	})
}

// hasPort knows numbers and ranges of them, no names.
func hasPort(ports []networkingv1.NetworkPolicyPort, port Port) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		first := p.Port.IntVal
		last := first
		if p.EndPort != nil {
			last = *p.EndPort
		}
		return *p.Protocol == port.Protocol && first <= port.Number && port.Number <= last
	})
}

func matches(selector *metav1.LabelSelector, pod labels.Set) bool {
	if selector == nil {
		return false
	}
	if len(selector.MatchExpressions) == 0 { // mostly, and without checking the labels' syntax once more for each pair of pods
		return labels.ValidatedSetSelector(selector.MatchLabels).Matches(pod)
	}
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(pod)
}
