package test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"sigs.k8s.io/yaml"

	"sluice/internal/state"
)

// withCustom renders prod with a few values changed: its objects of Kubernetes' own kinds, and by their kind those of
// others, which need a definition in the cluster.
func withCustom(t *testing.T, set table) (objects []object, custom map[string][]table) {
	t.Helper()
	stack := Preset("prod")
	stack.Set = set
	rendered, err := stack.Render()
	require.NoError(t, err)
	custom = map[string][]table{}
	for _, manifest := range rendered.Manifests {
		if strings.Contains(manifest, "apiVersion: keda.sh/") || strings.Contains(manifest, "apiVersion: cert-manager.io/") {
			o := table{}
			require.NoError(t, yaml.UnmarshalStrict([]byte(manifest), &o))
			kind := o["kind"].(string)
			custom[kind] = append(custom[kind], o)
			continue
		}
		o, err := decode([]byte(manifest))
		require.NoError(t, err, manifest)
		objects = append(objects, o)
	}
	return objects, custom
}

// crd is what the API server knows of a kind.
type crd struct {
	structural *schema.Structural
	validator  validation.SchemaValidator
}

// readCRD reads a definition out of a module that tools/<tool> pins.
func readCRD(t *testing.T, tool, module, file string) crd {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module)
	download.Dir = filepath.Join(root, "tools", tool)
	output, err := download.Output()
	require.NoError(t, err, "%s: %s", module, output)
	var downloaded struct{ Dir string }
	require.NoError(t, json.Unmarshal(output, &downloaded))

	var content strings.Builder
	for line := range strings.Lines(read(t, filepath.Join(downloaded.Dir, file))) {
		if !strings.Contains(line, "{{") { // of a chart's template: a condition, or a label
			content.WriteString(line)
		}
	}
	var definition apiextensionsv1.CustomResourceDefinition
	require.NoError(t, yaml.Unmarshal([]byte(content.String()), &definition))
	require.Len(t, definition.Spec.Versions, 1)
	var properties apiextensions.JSONSchemaProps
	require.NoError(t, apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
		definition.Spec.Versions[0].Schema.OpenAPIV3Schema, &properties, nil))
	structural, err := schema.NewStructural(&properties)
	require.NoError(t, err)
	validator, _, err := validation.NewSchemaValidator(&properties)
	require.NoError(t, err)
	return crd{structural, validator}
}

// problems are what the API server would say about an object.
func (c crd) problems(t *testing.T, object table) []string {
	t.Helper()
	document, err := json.Marshal(object)
	require.NoError(t, err)
	var copied table
	require.NoError(t, json.Unmarshal(document, &copied))
	var all []string
	for _, err := range validation.ValidateCustomResource(nil, copied, c.validator) {
		all = append(all, err.Error())
	}
	unknown := pruning.PruneWithOptions(copied, c.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, field := range unknown {
		all = append(all, "unknown field "+field)
	}
	return all
}
