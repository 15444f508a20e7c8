//go:build sim

package sim

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

const claimPrefix = "persistentvolumeclaims/"

// claims are the release's volume claims in the namespace.
func (s simulation) claims(t *testing.T, namespace string) []string {
	t.Helper()
	claims, err := s.client.CoreV1().PersistentVolumeClaims(namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var names []string
	for _, claim := range claims.Items {
		names = append(names, claimPrefix+claim.Name)
	}
	slices.Sort(names)
	return names
}

// checkNothingIsLeftBut waits until the release's labelled objects, of every kind that the API server knows, are
// these claims. Garbage collection takes a few seconds.
func (s simulation) checkNothingIsLeftBut(t *testing.T, claims []string, namespace, release string) {
	t.Helper()
	kinds := s.kinds(t)
	config := rest.CopyConfig(s.client.Config)
	config.WarningHandler = rest.NoWarnings{} // deprecated kinds are listed too
	client, err := metadata.NewForConfig(config)
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		left, err := labelled(t.Context(), client, kinds, namespace, "app.kubernetes.io/instance="+release)
		require.NoError(c, err)
		assert.Equal(c, claims, left)
	}, timeout, time.Second)
}

// kinds are all listable resources, true for those that live in a namespace.
func (s simulation) kinds(t *testing.T) map[schema.GroupVersionResource]bool {
	t.Helper()
	lists, err := s.client.Discovery().ServerPreferredResources()
	require.NoError(t, err)
	listable := discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list"}}, lists)
	kinds := map[schema.GroupVersionResource]bool{}
	for _, list := range listable {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		require.NoError(t, err)
		for _, resource := range list.APIResources {
			kinds[version.WithResource(resource.Name)] = resource.Namespaced
		}
	}
	require.Greater(t, len(kinds), 20, "the API server knows hardly any kinds")
	return kinds
}

// labelled lists the objects in the namespace or in none, as <resource>/<name>, sorted.
func labelled(ctx context.Context, client metadata.Interface, kinds map[schema.GroupVersionResource]bool, namespace, selector string) ([]string, error) {
	var found []string
	for kind, namespaced := range kinds {
		var in metadata.ResourceInterface = client.Resource(kind)
		if namespaced {
			in = client.Resource(kind).Namespace(namespace)
		}
		objects, err := in.List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return nil, err
		}
		for _, object := range objects.Items {
			found = append(found, kind.Resource+"/"+object.Name)
		}
	}
	slices.Sort(found)
	return found, nil
}
