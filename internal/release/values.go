package release

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"sluice/internal/usage"
)

// checkValues tells which of the values are wrong and what to set, one line each. Helm refuses the same values, but in the
// words of the schemas' library: a place in a sub-chart, and a regular expression. It changes the chart as an installation does.
func checkValues(loaded *chart.Chart, values map[string]any) error {
	for _, sub := range loaded.Metadata.Dependencies {
		name := cmp.Or(sub.Alias, sub.Name)
		// Helm gives up on it before it looks at a schema.
		if _, ok := values[name].(map[string]any); !ok && values[name] != nil {
			value, _ := json.Marshal(values[name])
			return usage.Errorf("%s is %s: set it to a table of values, such as enabled: true", name, value)
		}
	}
	if err := chartutil.ProcessDependenciesWithMerge(loaded, values); err != nil {
		return err
	}
	all, err := chartutil.CoalesceValues(loaded, values)
	if err != nil {
		return err
	}
	wrong, err := wrongValues(loaded, all, nil)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return usage.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return nil
}

// wrongValues holds the values against the schemas of a chart, whose values are at that path, and of its sub-charts.
func wrongValues(c *chart.Chart, values map[string]any, at []string) ([]string, error) {
	var wrong []string
	if c.Schema != nil {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(c.Schema))
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", c.Name(), err)
		}
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(schemaURL, document); err != nil {
			return nil, fmt.Errorf("schema of %s: %w", c.Name(), err)
		}
		schema, err := compiler.Compile(schemaURL)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", c.Name(), err)
		}
		var invalid *jsonschema.ValidationError
		if err := schema.Validate(values); errors.As(err, &invalid) {
			for _, leaf := range leaves(invalid) {
				wrong = append(wrong, explain(leaf, document, values, at))
			}
			slices.Sort(wrong)
		} else if err != nil {
			return nil, fmt.Errorf("values of %s: %w", c.Name(), err)
		}
	}
	for _, sub := range c.Dependencies() {
		own, ok := values[sub.Name()].(map[string]any)
		if !ok {
			continue // the umbrella's schema says that it must be one
		}
		below, err := wrongValues(sub, own, append(slices.Clone(at), sub.Name()))
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, below...)
	}
	return wrong, nil
}

const schemaURL = "file:///values.schema.json"

// leaves are the single faults: what is above them only says that there are some.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// explain says which value is wrong and what to set. What a schema's description says goes before what follows from its keywords.
func explain(e *jsonschema.ValidationError, document any, values map[string]any, at []string) string {
	schema, _ := lookup(document, strings.Split(strings.TrimPrefix(e.SchemaURL, schemaURL+"#"), "/")[1:]).(map[string]any)
	path := append(slices.Clone(at), e.InstanceLocation...)
	name := strings.Join(path, ".")
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		known, _ := schema["properties"].(map[string]any)
		var names []string
		for _, unknown := range k.Properties {
			names = append(names, strings.Join(append(slices.Clone(path), unknown), "."))
		}
		return fmt.Sprintf("%s: there is no such value: set one of %s", strings.Join(names, ", "), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	case *kind.Required:
		return fmt.Sprintf("%s lacks %s: set it", name, strings.Join(k.Missing, ", "))
	}
	value, _ := json.Marshal(lookup(values, e.InstanceLocation))
	return fmt.Sprintf("%s is %s: set it to %s", name, value, allowed(e, schema))
}

func allowed(e *jsonschema.ValidationError, schema map[string]any) string {
	if description, ok := schema["description"].(string); ok {
		return description
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Minimum:
		return fmt.Sprintf("at least %v", schema["minimum"])
	case *kind.ExclusiveMinimum:
		return fmt.Sprintf("more than %v", schema["exclusiveMinimum"])
	case *kind.Maximum:
		return fmt.Sprintf("at most %v", schema["maximum"])
	case *kind.Enum:
		var texts []string
		for _, value := range k.Want {
			texts = append(texts, fmt.Sprint(value))
		}
		return "one of " + strings.Join(texts, ", ")
	case *kind.Type:
		return "a value of type " + strings.Join(k.Want, " or ")
	case *kind.MinLength:
		return "a text that is not empty"
	default:
		return "what its schema asks for: " + strings.TrimSpace(e.Error())
	}
}

// lookup follows a path through maps and lists.
func lookup(from any, path []string) any {
	for _, part := range path {
		switch at := from.(type) {
		case map[string]any:
			from = at[part]
		case []any:
			index, err := strconv.Atoi(part)
			if err != nil || index < 0 || index >= len(at) {
				return nil
			}
			from = at[index]
		default:
			return nil
		}
	}
	return from
}

// failed is what a template's `fail` says, after the place in the chart that Helm puts before it.
var failed = regexp.MustCompile(`execution error at \([^)]*\): (.*)`)

// mendable takes the error of a template that refuses the values for one that the user can mend.
func mendable(err error) error {
	if found := failed.FindStringSubmatch(err.Error()); found != nil {
		return usage.Errorf("%s", found[1])
	}
	return err
}
