package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:embed overlay.txt
var overlayText string

// schemas are by group (resources, data_sources) and by type.
type schemas map[string]map[string]schema

// schema keeps as they are what it has no need to look into.
type schema struct {
	Version int   `json:"version"`
	Block   block `json:"block"`
}

type block struct {
	Attributes map[string]json.RawMessage `json:"attributes"`
	BlockTypes map[string]json.RawMessage `json:"block_types,omitempty"`
}

// overlay makes the changes that the text lists. Those of types that aren't used are left out.
func (all schemas) overlay(text string) error {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		switch {
		case words[0] == "-" && len(words) == 3:
			delete(all["resources"][words[1]].Block.Attributes, words[2])
			delete(all["resources"][words[1]].Block.BlockTypes, words[2])
		case words[0] == "+" && len(words) == 5:
			if s, used := all["resources"][words[1]]; used {
				s.Block.Attributes[words[2]] = attribute(words[4], words[3])
			}
		case words[0] == "region" && words[1] == "except":
			all.addRegion(words[2:])
		default:
			return fmt.Errorf("overlay.txt: %q is neither a removal, an addition, nor the line of the region", strings.TrimSpace(line))
		}
	}
	return nil
}

// addRegion gives the argument region to all types but those with one of the prefixes.
func (all schemas) addRegion(except []string) {
	for group, prefix := range map[string]string{"resources": "", "data_sources": "data."} {
		for name, s := range all[group] {
			if !slices.ContainsFunc(except, func(e string) bool { return strings.HasPrefix(prefix+name, e) }) {
				s.Block.Attributes["region"] = attribute("string", "optional,computed")
			}
		}
	}
}

func attribute(typ, flags string) json.RawMessage {
	description := map[string]any{"type": typ}
	for flag := range strings.SplitSeq(flags, ",") {
		description[flag] = true
	}
	content, err := json.Marshal(description)
	if err != nil {
		panic(err) // a map of strings and booleans
	}
	return content
}
