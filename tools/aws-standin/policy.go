package main

import (
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// policyDocument is the JSON that aws_iam_policy_document makes of its statements, as far as Sluice uses it.
func policyDocument(config tftypes.Value) (string, error) {
	type statement struct {
		Effect    string
		Action    []string
		Resource  []string                       `json:",omitempty"`
		Principal map[string][]string            `json:",omitempty"`
		Condition map[string]map[string][]string `json:",omitempty"`
	}
	document := struct {
		Version   string
		Statement []statement
	}{Version: "2012-10-17"}
	for _, s := range elements(field(config, "statement")) {
		made := statement{Effect: "Allow", Action: texts(field(s, "actions")), Resource: texts(field(s, "resources")), Principal: map[string][]string{}, Condition: map[string]map[string][]string{}}
		if effect := text(field(s, "effect")); effect != "" {
			made.Effect = effect
		}
		for _, p := range elements(field(s, "principals")) {
			made.Principal[text(field(p, "type"))] = texts(field(p, "identifiers"))
		}
		for _, c := range elements(field(s, "condition")) {
			test := text(field(c, "test"))
			if made.Condition[test] == nil {
				made.Condition[test] = map[string][]string{}
			}
			made.Condition[test][text(field(c, "variable"))] = texts(field(c, "values"))
		}
		document.Statement = append(document.Statement, made)
	}
	content, err := json.Marshal(document)
	return string(content), err
}

func texts(list tftypes.Value) []string {
	var all []string
	for _, element := range elements(list) {
		all = append(all, text(element))
	}
	return all
}
