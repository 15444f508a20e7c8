package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// provider implements what init, validate, test, plan, apply and destroy ask for. Anything else, such as import, ends
// in the embedded nil.
type provider struct {
	tfprotov5.ProviderServer
	resources, dataSources map[string]*tfprotov5.Schema
	region                 string
}

func newProvider(schemas []byte) (*provider, error) {
	var file schemaFile
	err := json.Unmarshal(schemas, &file)
	if err != nil {
		return nil, err
	}
	p := &provider{region: "us-east-1"}
	if p.resources, err = toSchemas(file.Resources); err != nil {
		return nil, err
	}
	p.dataSources, err = toSchemas(file.DataSources)
	return p, err
}

func (p *provider) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	response := &tfprotov5.GetMetadataResponse{ServerCapabilities: &tfprotov5.ServerCapabilities{}}
	for name := range p.resources {
		response.Resources = append(response.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for name := range p.dataSources {
		response.DataSources = append(response.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	return response, nil
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		ServerCapabilities: &tfprotov5.ServerCapabilities{}, Provider: providerSchema(),
		ResourceSchemas: p.resources, DataSourceSchemas: p.dataSources,
	}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) PrepareProviderConfig(_ context.Context, r *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (p *provider) ConfigureProvider(_ context.Context, r *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	config, err := r.Config.Unmarshal(providerSchema().ValueType())
	if err != nil {
		return nil, err
	}
	if region := text(field(config, "region")); region != "" {
		p.region = region
	}
	return &tfprotov5.ConfigureProviderResponse{}, nil
}

func (p *provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

// schemaOf is the schema of a type; Terraform asks only for types that GetProviderSchema has told.
func schemaOf(schemas map[string]*tfprotov5.Schema, name string) (*tfprotov5.Schema, error) {
	if s := schemas[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("no schema of %s", name)
}

func (p *provider) ValidateResourceTypeConfig(_ context.Context, r *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	schema, err := schemaOf(p.resources, r.TypeName)
	if err != nil {
		return nil, err
	}
	config, err := r.Config.Unmarshal(schema.ValueType())
	return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: computedOnly(schema.Block, config)}, err
}

func (p *provider) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

func (p *provider) UpgradeResourceState(_ context.Context, r *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	schema, err := schemaOf(p.resources, r.TypeName)
	if err != nil {
		return nil, err
	}
	value, err := r.RawState.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	state, err := tfprotov5.NewDynamicValue(schema.ValueType(), value)
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: &state}, err
}

// ReadResource finds what is in the state: nobody changes a cloud that is not there.
func (p *provider) ReadResource(_ context.Context, r *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	return &tfprotov5.ReadResourceResponse{NewState: r.CurrentState, Private: r.Private}, nil
}

func (p *provider) PlanResourceChange(_ context.Context, r *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	state, err := p.convert(r.TypeName, r.ProposedNewState, func(schema *tfprotov5.Schema, v tftypes.Value) (tftypes.Value, error) {
		return unknownWhereComputed(schema.Block, v), nil
	})
	return &tfprotov5.PlanResourceChangeResponse{PlannedState: state, PlannedPrivate: r.PriorPrivate, UnsafeToUseLegacyTypeSystem: true}, err
}

func (p *provider) ApplyResourceChange(_ context.Context, r *tfprotov5.ApplyResourceChangeRequest) (*tfprotov5.ApplyResourceChangeResponse, error) {
	state, err := p.convert(r.TypeName, r.PlannedState, func(_ *tfprotov5.Schema, v tftypes.Value) (tftypes.Value, error) {
		return p.settle(r.TypeName, v)
	})
	return &tfprotov5.ApplyResourceChangeResponse{NewState: state, Private: r.PlannedPrivate, UnsafeToUseLegacyTypeSystem: true}, err
}

// convert decodes a resource's value, changes it unless it is gone, and encodes it again.
func (p *provider) convert(name string, from *tfprotov5.DynamicValue, change func(*tfprotov5.Schema, tftypes.Value) (tftypes.Value, error)) (*tfprotov5.DynamicValue, error) {
	schema, err := schemaOf(p.resources, name)
	if err != nil {
		return nil, err
	}
	value, err := from.Unmarshal(schema.ValueType())
	if err != nil || value.IsNull() {
		return from, err
	}
	if value, err = change(schema, value); err != nil {
		return nil, err
	}
	to, err := tfprotov5.NewDynamicValue(schema.ValueType(), value)
	return &to, err
}

func (p *provider) ReadDataSource(_ context.Context, r *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	schema, err := schemaOf(p.dataSources, r.TypeName)
	if err != nil {
		return nil, err
	}
	config, err := r.Config.Unmarshal(schema.ValueType())
	if err != nil {
		return nil, err
	}
	value, err := p.settle("data."+r.TypeName, unknownWhereComputed(schema.Block, config))
	if err != nil {
		return nil, err
	}
	state, err := tfprotov5.NewDynamicValue(schema.ValueType(), value)
	return &tfprotov5.ReadDataSourceResponse{State: &state}, err
}

// computedOnly reports attributes that are set but only the provider may set, which Terraform leaves to the provider.
func computedOnly(block *tfprotov5.SchemaBlock, config tftypes.Value) []*tfprotov5.Diagnostic {
	var all []*tfprotov5.Diagnostic
	for _, a := range block.Attributes {
		if a.Computed && !a.Optional && !field(config, a.Name).IsNull() {
			all = append(all, &tfprotov5.Diagnostic{
				Severity: tfprotov5.DiagnosticSeverityError, Summary: "Value for a read-only attribute",
				Detail:    fmt.Sprintf("%s is decided by AWS: remove it.", a.Name),
				Attribute: tftypes.NewAttributePath().WithAttributeName(a.Name),
			})
		}
	}
	for _, n := range block.BlockTypes {
		for _, nested := range elements(field(config, n.TypeName)) {
			all = append(all, computedOnly(n.Block, nested)...)
		}
	}
	return all
}
