// Package promql holds the expressions of dashboards and rules against what the components really expose.
package promql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
)

// Expression is one that stands in a file of the chart.
type Expression struct {
	Where string // for people
	Text  string
	Label string // must be a label of its metrics, besides those that it names; for lists to choose from
}

// Explained is what an expression asks for. See tools/promql.
type Explained struct {
	Error   string
	Metrics []Metric
	Groups  []Group
}

// Metric is a selector. Job, and with Regexp the name too, are regular expressions.
type Metric struct {
	Name   string
	Regexp bool
	Labels []string
	Job    string
}

// Group is a list of labels by which some metrics are put together.
type Group struct{ Labels, Metrics []string }

// Explain asks Prometheus' own parser.
func Explain(root string, expressions []Expression) ([]Explained, error) {
	texts := make([]string, len(expressions))
	for i, e := range expressions {
		texts[i] = Fill(e.Text)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		return nil, err
	}
	command := exec.Command("go", "run", ".")
	command.Dir = filepath.Join(root, "tools", "promql")
	var errors bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(input), &errors
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go run in tools/promql: %w: %s", err, errors.String())
	}
	var explained []Explained
	return explained, json.Unmarshal(output, &explained)
}
