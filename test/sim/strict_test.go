//go:build sim

package sim

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// checkStrictly has the API server create every manifest, without storing it: an unknown or doubled field,
// a value out of range or even a warning (of a deprecated field, say) fails the test.
func (s simulation) checkStrictly(t *testing.T, namespace string, manifests []string) {
	t.Helper()
	require.NotEmpty(t, manifests)
	server := s.strictServer(t)
	for _, manifest := range manifests {
		warnings, err := server.dryRun(t.Context(), namespace, manifest)
		assert.NoError(t, err, manifest)
		assert.Empty(t, warnings, manifest)
	}

	// The check itself can fail.
	deployment := slices.IndexFunc(manifests, func(m string) bool { return strings.Contains(m, "kind: Deployment\n") })
	require.GreaterOrEqual(t, deployment, 0, "no Deployment to misspell a field of")
	misspelt := strings.Replace(manifests[deployment], "  replicas:", "  replicaz:", 1)
	_, err := server.dryRun(t.Context(), namespace, misspelt)
	assert.ErrorContains(t, err, `unknown field "spec.replicaz"`)
}

// strictServer is the API server, asked to validate only.
type strictServer struct {
	dynamic.Interface
	mapper   meta.RESTMapper
	warnings *warnings
}

func (s simulation) strictServer(t *testing.T) strictServer {
	t.Helper()
	groups, err := restmapper.GetAPIGroupResources(s.client.Discovery())
	require.NoError(t, err)
	server := strictServer{mapper: restmapper.NewDiscoveryRESTMapper(groups), warnings: &warnings{}}
	config := rest.CopyConfig(s.client.Config)
	config.WarningHandler = server.warnings
	server.Interface, err = dynamic.NewForConfig(config)
	require.NoError(t, err)
	return server
}

func (s strictServer) dryRun(ctx context.Context, namespace, manifest string) (warnings, error) {
	var object unstructured.Unstructured
	if err := yaml.UnmarshalStrict([]byte(manifest), &object.Object); err != nil {
		return nil, err
	}
	kind := object.GroupVersionKind()
	mapping, err := s.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	*s.warnings = nil
	_, err = s.Resource(mapping.Resource).Namespace(namespace).Create(ctx, &object, metav1.CreateOptions{
		DryRun:          []string{metav1.DryRunAll},
		FieldValidation: metav1.FieldValidationStrict,
	})
	return *s.warnings, err
}

// warnings are what the API server says in Warning headers.
type warnings []string

func (w *warnings) HandleWarningHeader(_ int, _ string, text string) { *w = append(*w, text) }
