package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	stack "sluice/test"
	"sluice/test/hostile"
)

// record is a row of the table of hostile records, as the tests in Python read it.
type record struct {
	Name      string         `json:"name"`
	Record    string         `json:"record"` // hexadecimal
	KafkaTime int64          `json:"kafka_time"`
	Dead      bool           `json:"dead"`
	Document  map[string]any `json:"document"`
}

// writeInputs puts into a folder what the tests share with those of the engines: the contract as the chart gives it to
// the job, and the table of hostile records.
func writeInputs(dir string) error {
	contract, err := renderContract()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "contract.json"), []byte(contract), 0o600); err != nil {
		return err
	}
	cases, err := hostile.Load("run", time.Now())
	if err != nil {
		return err
	}
	var records []record
	for _, c := range cases {
		if c.Anomaly { // the job's own
			continue
		}
		records = append(records, record{c.Name, hex.EncodeToString(c.Record), c.KafkaTime, c.Index == "-dead-letter", c.Document})
	}
	content, err := json.Marshal(records)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "hostile.json"), content, 0o600)
}

func renderContract() (string, error) {
	rendered, err := stack.Preset("dev").Render()
	if err != nil {
		return "", err
	}
	for _, manifest := range rendered.Manifests {
		var files corev1.ConfigMap
		if yaml.Unmarshal([]byte(manifest), &files) == nil && files.Kind == "ConfigMap" && files.Name == "sluice-spark-streaming-job" {
			if content := files.Data["contract.json"]; content != "" {
				return content, nil
			}
		}
	}
	return "", errors.New("the streaming job's ConfigMap has no contract.json")
}
