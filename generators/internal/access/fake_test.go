package access

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/segmentio/kafka-go"
)

// fake is a cluster in memory.
type fake struct {
	mu          sync.Mutex
	credentials map[string]kafka.UserScramCredentialsUpsertion
	acls        map[kafka.ACLEntry]bool
	changes     []string         // the calls that changed something
	refused     map[string]error // by call, or by user
	closed      int
}

func newFake(acls ...kafka.ACLEntry) *fake {
	f := &fake{credentials: map[string]kafka.UserScramCredentialsUpsertion{}, acls: map[kafka.ACLEntry]bool{}, refused: map[string]error{}}
	for _, acl := range acls {
		f.acls[acl] = true
	}
	return f
}

func (f *fake) Metadata(context.Context, *kafka.MetadataRequest) (*kafka.MetadataResponse, error) {
	return nil, f.refused["Metadata"]
}

func (f *fake) DescribeUserScramCredentials(_ context.Context, r *kafka.DescribeUserScramCredentialsRequest) (*kafka.DescribeUserScramCredentialsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &kafka.DescribeUserScramCredentialsResponse{Error: f.refused["DescribeUsers"]}
	for _, asked := range r.Users {
		result := kafka.DescribeUserScramCredentialsResponseResult{User: asked.Name}
		if c, found := f.credentials[asked.Name]; found {
			result.CredentialInfos = []kafka.DescribeUserScramCredentialsCredentialInfo{{Mechanism: c.Mechanism, Iterations: c.Iterations}}
		} else {
			result.Error = kafka.ResourceNotFound
		}
		answer.Results = append(answer.Results, result)
	}
	return answer, nil
}

func (f *fake) AlterUserScramCredentials(_ context.Context, r *kafka.AlterUserScramCredentialsRequest) (*kafka.AlterUserScramCredentialsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, "AlterUsers")
	answer := &kafka.AlterUserScramCredentialsResponse{}
	for _, c := range r.Upsertions {
		err := f.refused[c.Name]
		if err == nil {
			f.credentials[c.Name] = c
		}
		answer.Results = append(answer.Results, kafka.AlterUserScramCredentialsResponseUser{User: c.Name, Error: err})
	}
	return answer, f.refused["AlterUsers"]
}

func (f *fake) DescribeACLs(context.Context, *kafka.DescribeACLsRequest) (*kafka.DescribeACLsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	answer := &kafka.DescribeACLsResponse{Error: f.refused["DescribeACLs"]}
	for acl := range f.acls {
		answer.Resources = append(answer.Resources, kafka.ACLResource{
			ResourceType: acl.ResourceType, ResourceName: acl.ResourceName, PatternType: acl.ResourcePatternType,
			ACLs: []kafka.ACLDescription{{Principal: acl.Principal, Host: acl.Host, Operation: acl.Operation, PermissionType: acl.PermissionType}},
		})
	}
	return answer, nil
}

func (f *fake) CreateACLs(_ context.Context, r *kafka.CreateACLsRequest) (*kafka.CreateACLsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, "CreateACLs")
	answer := &kafka.CreateACLsResponse{}
	for _, acl := range r.ACLs {
		if f.refused["CreateACLs"] == nil {
			f.acls[acl] = true
		}
		answer.Errors = append(answer.Errors, f.refused["CreateACLs"])
	}
	return answer, nil
}

func (f *fake) DeleteACLs(_ context.Context, r *kafka.DeleteACLsRequest) (*kafka.DeleteACLsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, "DeleteACLs")
	answer := &kafka.DeleteACLsResponse{}
	for _, filter := range r.Filters {
		if f.refused["DeleteACLs"] == nil {
			delete(f.acls, kafka.ACLEntry{
				ResourceType: filter.ResourceTypeFilter, ResourceName: filter.ResourceNameFilter, ResourcePatternType: filter.ResourcePatternTypeFilter,
				Principal: filter.PrincipalFilter, Host: filter.HostFilter, Operation: filter.Operation, PermissionType: filter.PermissionType,
			})
		}
		answer.Results = append(answer.Results, kafka.DeleteACLsResult{MatchingACLs: []kafka.DeleteACLsMatchingACLs{{Error: f.refused["DeleteACLs"]}}})
	}
	return answer, nil
}

func (f *fake) Close() { f.closed++ }

// take returns the calls that changed something since the last take.
func (f *fake) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.changes = nil }()
	return f.changes
}

func (f *fake) has() []kafka.ACLEntry { return slices.Collect(maps.Keys(f.acls)) }
