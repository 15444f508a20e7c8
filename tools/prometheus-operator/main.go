// Command prometheus-operator reads manifests from its input and decodes them into the Prometheus Operator's own
// types, as strictly as its custom resource definitions do: an unknown field is an error.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "prometheus-operator:", err)
		os.Exit(1)
	}
}

func run(in io.Reader) error {
	all, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var errs []error
	count := 0
	for _, document := range bytes.Split(all, []byte("\n---\n")) {
		var meta struct {
			APIVersion, Kind string
			Metadata         struct{ Name string }
		}
		if err := yaml.Unmarshal(document, &meta); err != nil {
			return err
		}
		var object any
		switch meta.APIVersion + " " + meta.Kind {
		case "monitoring.coreos.com/v1 ServiceMonitor":
			object = &monitoring.ServiceMonitor{}
		case "monitoring.coreos.com/v1 PrometheusRule":
			object = &monitoring.PrometheusRule{}
		default:
			continue
		}
		count++
		if err := yaml.UnmarshalStrict(document, object); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", meta.Kind, meta.Metadata.Name, err))
		}
	}
	if count == 0 {
		return errors.New("no ServiceMonitor and no PrometheusRule in the input")
	}
	fmt.Printf("%d objects of the operator are valid\n", count-len(errs))
	return errors.Join(errs...)
}
