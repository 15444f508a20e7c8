package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// field is an attribute or block of an object; null where there is none, or where the object isn't known.
func field(object tftypes.Value, name string) tftypes.Value {
	return fields(object)[name]
}

func fields(object tftypes.Value) map[string]tftypes.Value {
	var all map[string]tftypes.Value
	if !object.IsKnown() || object.As(&all) != nil {
		return nil
	}
	return all
}

// elements are those of a list or set; an object is its own one element.
func elements(value tftypes.Value) []tftypes.Value {
	var all []tftypes.Value
	switch {
	case value.IsNull() || !value.IsKnown():
		return nil
	case value.Type().Is(tftypes.Object{}):
		return []tftypes.Value{value}
	case value.As(&all) != nil:
		return nil
	}
	return all
}

// text is a known string, or "".
func text(value tftypes.Value) string {
	var s string
	if value.IsKnown() && !value.IsNull() && value.Type().Is(tftypes.String) && value.As(&s) != nil {
		return ""
	}
	return s
}

// unknownWhereComputed makes what is left to the provider unknown, as a plan has it.
func unknownWhereComputed(block *tfprotov5.SchemaBlock, value tftypes.Value) tftypes.Value {
	all := fields(value)
	if all == nil {
		return value
	}
	for _, a := range block.Attributes {
		if a.Computed && all[a.Name].IsNull() {
			all[a.Name] = tftypes.NewValue(a.Type, tftypes.UnknownValue)
		}
	}
	for _, n := range block.BlockTypes {
		nested := all[n.TypeName]
		switch {
		case nested.IsNull() || !nested.IsKnown():
		case nested.Type().Is(tftypes.Object{}):
			all[n.TypeName] = unknownWhereComputed(n.Block, nested)
		default:
			items := elements(nested)
			for i := range items {
				items[i] = unknownWhereComputed(n.Block, items[i])
			}
			all[n.TypeName] = tftypes.NewValue(nested.Type(), items)
		}
	}
	return tftypes.NewValue(value.Type(), all)
}

// settle replaces what is unknown by values that are made up: always the same ones for the same configuration.
func (p *provider) settle(name string, value tftypes.Value) (tftypes.Value, error) {
	m := maker{typ: name, region: p.region, id: identifier(name, value)}
	if name == "data.aws_iam_policy_document" {
		document, err := policyDocument(value)
		if err != nil {
			return value, err
		}
		m.policy = document
	}
	return tftypes.Transform(value, func(path *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		return m.value(lastName(path), v.Type()), nil
	})
}

// identifier looks like one of AWS: the kind, and a hash of what is configured.
func identifier(name string, value tftypes.Value) string {
	sum := sha256.Sum256([]byte(name + value.String()))
	_, kind, _ := strings.Cut(name, "aws_")
	return kind + "-" + hex.EncodeToString(sum[:])[:17]
}

func lastName(path *tftypes.AttributePath) string {
	name := ""
	for _, step := range path.Steps() {
		if attribute, is := step.(tftypes.AttributeName); is {
			name = string(attribute)
		}
	}
	return name
}

// maker makes up the values of one resource or data source.
type maker struct{ typ, region, id, policy string }

func (m maker) value(name string, t tftypes.Type) tftypes.Value {
	switch {
	case t.Is(tftypes.String):
		return tftypes.NewValue(t, m.text(name))
	case t.Is(tftypes.Number):
		return tftypes.NewValue(t, 1)
	case t.Is(tftypes.Bool):
		return tftypes.NewValue(t, false)
	case t.Is(tftypes.List{}):
		element := t.(tftypes.List).ElementType
		switch {
		case m.typ == "data.aws_availability_zones" && name == "names":
			return tftypes.NewValue(t, []tftypes.Value{m.zone("a"), m.zone("b"), m.zone("c")})
		case element.Is(tftypes.Object{}):
			return tftypes.NewValue(t, []tftypes.Value{m.value(name, element)})
		}
		return tftypes.NewValue(t, []tftypes.Value{})
	case t.Is(tftypes.Set{}):
		return tftypes.NewValue(t, []tftypes.Value{})
	case t.Is(tftypes.Map{}):
		return tftypes.NewValue(t, map[string]tftypes.Value{})
	case t.Is(tftypes.Object{}):
		all := map[string]tftypes.Value{}
		for attribute, typ := range t.(tftypes.Object).AttributeTypes {
			all[attribute] = m.value(attribute, typ)
		}
		return tftypes.NewValue(t, all)
	}
	return tftypes.NewValue(t, nil)
}

func (m maker) zone(letter string) tftypes.Value {
	return tftypes.NewValue(tftypes.String, m.region+letter)
}

func (m maker) text(name string) string {
	switch {
	case m.policy != "" && name == "json":
		return m.policy
	case name == "arn" || strings.HasSuffix(name, "_arn"):
		return fmt.Sprintf("arn:aws:standin:%s:123456789012:%s", m.region, m.id)
	case name == "region":
		return m.region
	case name == "partition":
		return "aws"
	case name == "endpoint" || name == "issuer":
		return "https://" + m.id + ".invalid"
	case name == "id":
		return m.id
	}
	return name + "-of-" + m.id
}
