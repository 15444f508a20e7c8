package promql

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

const subCharts = "charts/sluice/charts"

// Fill does what Grafana does with its variables: everything is chosen, over the last minutes.
func Fill(text string) string {
	return strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$__range", "1h",
		"$instance", ".*", "$topic", ".*", "$node", ".*", "$index", ".*").Replace(text)
}

type dashboard struct {
	Panels     []panel
	Templating struct {
		List []struct{ Name, Query string }
	}
}

type panel struct {
	Title   string
	Targets []struct{ Expr string }
}

var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

// Dashboards are the expressions of the Grafana chart's files.
func Dashboards(root string) ([]Expression, error) {
	files, err := filepath.Glob(filepath.Join(root, subCharts, "grafana/files/dashboards/*.json"))
	if err != nil {
		return nil, err
	}
	var all []Expression
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var d dashboard
		if err := json.Unmarshal(content, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		name := filepath.Base(file)
		for _, p := range d.Panels {
			for _, t := range p.Targets {
				if t.Expr != "" {
					all = append(all, Expression{Where: name + ", " + p.Title, Text: t.Expr})
				}
			}
		}
		for _, v := range d.Templating.List {
			parts := labelValues.FindStringSubmatch(v.Query)
			if parts == nil {
				return nil, fmt.Errorf("%s: the variable %s is not label_values(metric, label): %s", name, v.Name, v.Query)
			}
			all = append(all, Expression{Where: name + ", variable " + v.Name, Text: parts[1], Label: parts[2]})
		}
	}
	return all, nil
}

type rules struct {
	Groups []struct {
		Rules []struct{ Alert, Record, Expr string }
	}
}

// Rules are the expressions of the Prometheus chart's rule files, and the names that they record.
func Rules(root string) (expressions []Expression, recorded []string, err error) {
	err = filepath.WalkDir(filepath.Join(root, subCharts, "prometheus/files"), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(file)) != "rules" {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var r rules
		if err := yaml.Unmarshal(content, &r); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, group := range r.Groups {
			for _, rule := range group.Rules {
				expressions = append(expressions, Expression{Where: filepath.Base(file) + ", " + rule.Alert + rule.Record, Text: rule.Expr})
				if rule.Record != "" {
					recorded = append(recorded, rule.Record)
				}
			}
		}
		return nil
	})
	return expressions, recorded, err
}
