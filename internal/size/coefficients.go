package size

import (
	_ "embed"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"sluice/internal/usage"
)

// Coefficient is one figure that plans are made with.
type Coefficient struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Kind   Kind    `json:"kind"`
	Source string  `json:"source"`
	// Result is the key of a measured value in bench/results.json: the keys of its objects, joined by dots.
	Result string `json:"result,omitempty"`
}

// Kind says where a coefficient is from.
type Kind string

// A value was measured by `make bench`, stands in a document, is an estimate, or was set for this plan.
const (
	Measured Kind = "measured"
	Cited    Kind = "cited"
	Estimate Kind = "estimate"
	Set      Kind = "set"
)

//go:embed coefficients.yaml
var coefficients []byte

// Coefficients are all figures, in the order of coefficients.yaml.
type Coefficients struct {
	list []Coefficient
	at   map[string]int
}

// Defaults are the coefficients of this version.
func Defaults() (Coefficients, error) {
	c := Coefficients{at: map[string]int{}}
	if err := yaml.UnmarshalStrict(coefficients, &c.list); err != nil {
		return c, fmt.Errorf("coefficients.yaml: %w", err)
	}
	for i, coefficient := range c.list {
		c.at[coefficient.Name] = i
	}
	return c, nil
}

// With are the coefficients with others in their place, each as name=value. Unknown names, and values that are not above 0,
// are usage errors.
func (c Coefficients) With(set []string) (Coefficients, error) {
	changed := Coefficients{list: slices.Clone(c.list), at: c.at}
	for _, assignment := range set {
		name, text, _ := strings.Cut(assignment, "=")
		i, ok := c.at[name]
		if !ok {
			return c, usage.Errorf("set %q: there is no coefficient %q: set --set to name=value with one of %s",
				assignment, name, strings.Join(slices.Sorted(maps.Keys(c.at)), ", "))
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil || !(value > 0) || math.IsInf(value, 0) {
			return c, usage.Errorf("set %q: %q is no number above 0: set --set to one such as %s=%v", assignment, text, name, c.list[i].Value)
		}
		changed.list[i].Value, changed.list[i].Kind, changed.list[i].Source = value, Set, "--set"
	}
	return changed, nil
}

// All are the coefficients in their order.
func (c Coefficients) All() []Coefficient { return slices.Clone(c.list) }

// Value is that of a coefficient. There is no other way to misspell a name than in this package, whose tests use every formula.
func (c Coefficients) Value(name string) float64 {
	i, ok := c.at[name]
	if !ok {
		panic("size: there is no coefficient " + name)
	}
	return c.list[i].Value
}
