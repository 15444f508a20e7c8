// Package contract holds the data of the event contract, which the chart gives to every engine.
package contract

import (
	"bytes"
	_ "embed"
	"fmt"
	"text/template"

	"go.yaml.in/yaml/v3"
)

//go:embed templates/_contract.tpl
var file string

// Contract is what docs/engines.md describes, as far as it is data. The template explains each field.
type Contract struct {
	Levels             map[string][]string `yaml:"levels"`
	LevelFields        []string            `yaml:"levelFields"`
	TimeFields         []string            `yaml:"timeFields"`
	SecondsDigits      [2]int              `yaml:"secondsDigits"`
	MillisecondsDigits [2]int              `yaml:"millisecondsDigits"`
	Years              [2]int              `yaml:"years"`
	DottedNames        []string            `yaml:"dottedNames"`
	DroppedNames       []string            `yaml:"droppedNames"`
	IDLength           [2]int              `yaml:"idLength"`
	UnknownService     string              `yaml:"unknownService"`
	Values             []string            `yaml:"values"`
	ListsOfValues      []string            `yaml:"listsOfValues"`
	Objects            []string            `yaml:"objects"`
	AnomalyObjects     []string            `yaml:"anomalyObjects"`
	KeyedObject        string              `yaml:"keyedObject"`
	KeyedBytes         int                 `yaml:"keyedBytes"`
	Depth              int                 `yaml:"depth"`
	KeyedDepth         int                 `yaml:"keyedDepth"`
	Reasons            Reasons             `yaml:"reasons"`
}

// Reasons are the texts of error.message in dead letters that the engines make themselves.
type Reasons struct {
	Empty           string `yaml:"empty"`
	NotUTF8         string `yaml:"notUTF8"`
	NotObject       string `yaml:"notObject"`
	TooDeep         string `yaml:"tooDeep"`
	BadName         string `yaml:"badName"`
	NotValue        string `yaml:"notValue"`
	NotObjectMember string `yaml:"notObjectMember"`
}

// Read returns the contract of this version of the chart.
func Read() (Contract, error) {
	var c Contract
	parsed, err := template.New("").Parse(file)
	if err != nil {
		return c, fmt.Errorf("_contract.tpl: %w", err)
	}
	var text bytes.Buffer
	if err := parsed.ExecuteTemplate(&text, "lib.contract", nil); err != nil {
		return c, fmt.Errorf("_contract.tpl: %w", err)
	}
	decoder := yaml.NewDecoder(&text)
	decoder.KnownFields(true)
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("_contract.tpl: %w", err)
	}
	return c, nil
}
