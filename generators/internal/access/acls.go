package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// difference tells which ACLs of the users Kafka lacks, and which it has besides. Those of other principals are none
// of its business.
func difference(ctx context.Context, client Client, users map[string]user) (missing, extra []kafka.ACLEntry, err error) {
	answer, err := client.DescribeACLs(ctx, &kafka.DescribeACLsRequest{Filter: kafka.ACLFilter{
		ResourceTypeFilter: kafka.ResourceTypeAny, ResourcePatternTypeFilter: kafka.PatternTypeAny,
		Operation: kafka.ACLOperationTypeAny, PermissionType: kafka.ACLPermissionTypeAny,
	}})
	if err == nil {
		err = answer.Error
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ACLs: %w", err)
	}
	wanted, principals := map[kafka.ACLEntry]bool{}, map[string]bool{}
	for name, u := range users {
		principals[principal(name)] = true
		for _, acl := range u.acls {
			wanted[acl] = true
		}
	}
	for _, resource := range answer.Resources {
		for _, described := range resource.ACLs {
			acl := kafka.ACLEntry{
				ResourceType: resource.ResourceType, ResourceName: resource.ResourceName, ResourcePatternType: resource.PatternType,
				Principal: described.Principal, Host: described.Host, Operation: described.Operation, PermissionType: described.PermissionType,
			}
			switch {
			case wanted[acl]:
				delete(wanted, acl)
			case principals[acl.Principal]:
				extra = append(extra, acl)
			}
		}
	}
	for acl := range wanted {
		missing = append(missing, acl)
	}
	return missing, extra, nil
}

func create(ctx context.Context, client Client, acls []kafka.ACLEntry) error {
	if len(acls) == 0 {
		return nil
	}
	answer, err := client.CreateACLs(ctx, &kafka.CreateACLsRequest{ACLs: acls})
	if err != nil {
		return fmt.Errorf("create ACLs: %w", err)
	}
	for i, failure := range answer.Errors {
		if failure != nil {
			err = errors.Join(err, fmt.Errorf("create the ACL of %s: %w", text(acls[i]), failure))
		}
	}
	return err
}

func remove(ctx context.Context, client Client, acls []kafka.ACLEntry) error {
	if len(acls) == 0 {
		return nil
	}
	request := &kafka.DeleteACLsRequest{}
	for _, acl := range acls {
		request.Filters = append(request.Filters, kafka.DeleteACLsFilter{
			ResourceTypeFilter: acl.ResourceType, ResourceNameFilter: acl.ResourceName, ResourcePatternTypeFilter: acl.ResourcePatternType,
			PrincipalFilter: acl.Principal, HostFilter: acl.Host, Operation: acl.Operation, PermissionType: acl.PermissionType,
		})
	}
	answer, err := client.DeleteACLs(ctx, request)
	if err != nil {
		return fmt.Errorf("delete ACLs: %w", err)
	}
	for i, result := range answer.Results {
		failure := result.Error
		for _, match := range result.MatchingACLs {
			failure = errors.Join(failure, match.Error)
		}
		if failure != nil {
			err = errors.Join(err, fmt.Errorf("delete the ACL of %s: %w", text(acls[i]), failure))
		}
	}
	return err
}

// text is an ACL in a few words, for people.
func text(acl kafka.ACLEntry) string {
	return fmt.Sprintf("%s: %s on %s %s", acl.Principal, acl.Operation, acl.ResourceType, acl.ResourceName)
}
