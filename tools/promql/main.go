// promql tells what PromQL expressions ask for, as Prometheus' own parser understands them: which metrics, and which
// labels of them. It reads a JSON list of expressions, and writes a list of answers in the same order.
//
// It is a module of its own: the parser brings newer versions of what the product's module uses too.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// answer is what one expression asks for.
type answer struct {
	Error   string   `json:"error,omitempty"`
	Metrics []metric `json:"metrics,omitempty"`
	Groups  []group  `json:"groups,omitempty"`
}

// metric is one selector. Of its matchers only that of the job is told with its value.
type metric struct {
	Name   string   `json:"name"`
	Regexp bool     `json:"regexp,omitempty"` // the name is a regular expression
	Labels []string `json:"labels,omitempty"`
	Job    string   `json:"job,omitempty"` // a regular expression
}

// group is a by (…), on (…) or group_left (…), and the metrics that it is made of.
type group struct {
	Labels  []string `json:"labels"`
	Metrics []string `json:"metrics"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	var expressions []string
	if err := json.NewDecoder(os.Stdin).Decode(&expressions); err != nil {
		return err
	}
	parse := parser.NewParser(parser.Options{})
	answers := make([]answer, len(expressions))
	for i, text := range expressions {
		expression, err := parse.ParseExpr(text)
		if err != nil {
			answers[i].Error = err.Error()
			continue
		}
		answers[i] = explain(expression)
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func explain(expression parser.Expr) answer {
	var a answer
	parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			a.Metrics = append(a.Metrics, selected(n))
		case *parser.AggregateExpr:
			if len(n.Grouping) > 0 && !n.Without {
				a.Groups = append(a.Groups, group{n.Grouping, names(n.Expr)})
			}
		case *parser.BinaryExpr:
			if m := n.VectorMatching; m != nil {
				if used := append(append([]string{}, m.Include...), on(m)...); len(used) > 0 {
					a.Groups = append(a.Groups, group{used, names(n)})
				}
			}
		}
		return nil
	})
	return a
}

func on(m *parser.VectorMatching) []string {
	if m.On {
		return m.MatchingLabels
	}
	return nil
}

func selected(v *parser.VectorSelector) metric {
	m := metric{Name: v.Name}
	for _, matcher := range v.LabelMatchers {
		switch matcher.Name {
		case labels.MetricName:
			m.Name, m.Regexp = matcher.Value, matcher.Type == labels.MatchRegexp
		case "job":
			if matcher.Type == labels.MatchEqual || matcher.Type == labels.MatchRegexp {
				m.Job = matcher.Value
			}
		default:
			m.Labels = append(m.Labels, matcher.Name)
		}
	}
	return m
}

func names(node parser.Node) []string {
	var all []string
	parser.Inspect(node, func(n parser.Node, _ []parser.Node) error {
		if v, ok := n.(*parser.VectorSelector); ok {
			all = append(all, selected(v).Name)
		}
		return nil
	})
	return all
}
