package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// schemaFile is what ./schemas writes: a part of `terraform providers schema -json`.
type schemaFile struct {
	Resources   map[string]schemaJSON `json:"resources"`
	DataSources map[string]schemaJSON `json:"data_sources"`
}

type schemaJSON struct {
	Version int64     `json:"version"`
	Block   blockJSON `json:"block"`
}

type blockJSON struct {
	Attributes map[string]struct {
		Type      json.RawMessage `json:"type"`
		Required  bool            `json:"required"`
		Optional  bool            `json:"optional"`
		Computed  bool            `json:"computed"`
		Sensitive bool            `json:"sensitive"`
	} `json:"attributes"`
	BlockTypes map[string]struct {
		NestingMode string    `json:"nesting_mode"`
		MinItems    int64     `json:"min_items"`
		MaxItems    int64     `json:"max_items"`
		Block       blockJSON `json:"block"`
	} `json:"block_types"`
}

var nestingModes = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
}

func toSchemas(all map[string]schemaJSON) (map[string]*tfprotov5.Schema, error) {
	schemas := map[string]*tfprotov5.Schema{}
	for name, s := range all {
		block, err := s.Block.toBlock()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		schemas[name] = &tfprotov5.Schema{Version: s.Version, Block: block}
	}
	return schemas, nil
}

func (b blockJSON) toBlock() (*tfprotov5.SchemaBlock, error) {
	block := &tfprotov5.SchemaBlock{}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a := b.Attributes[name]
		typ, err := tftypes.ParseJSONType(a.Type) //nolint:staticcheck // there is no other parser of types in JSON
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.Attributes = append(block.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: typ, Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(b.BlockTypes)) {
		n := b.BlockTypes[name]
		mode, known := nestingModes[n.NestingMode]
		if !known {
			return nil, fmt.Errorf("%s: nesting mode %q is not known here", name, n.NestingMode)
		}
		nested, err := n.Block.toBlock()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		block.BlockTypes = append(block.BlockTypes, &tfprotov5.SchemaNestedBlock{
			TypeName: name, Block: nested, Nesting: mode, MinItems: n.MinItems, MaxItems: n.MaxItems,
		})
	}
	return block, nil
}

// providerSchema is written by hand, since the schemas' module has none of the provider itself.
func providerSchema() *tfprotov5.Schema {
	optional := func(name string, t tftypes.Type) *tfprotov5.SchemaAttribute {
		return &tfprotov5.SchemaAttribute{Name: name, Type: t, Optional: true}
	}
	tags := &tfprotov5.SchemaBlock{Attributes: []*tfprotov5.SchemaAttribute{optional("tags", tftypes.Map{ElementType: tftypes.String})}}
	return &tfprotov5.Schema{Block: &tfprotov5.SchemaBlock{
		Attributes: []*tfprotov5.SchemaAttribute{optional("region", tftypes.String), optional("profile", tftypes.String)},
		BlockTypes: []*tfprotov5.SchemaNestedBlock{
			{TypeName: "default_tags", Nesting: tfprotov5.SchemaNestedBlockNestingModeList, MaxItems: 1, Block: tags},
		},
	}}
}
