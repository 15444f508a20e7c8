package access

import (
	"strings"

	"github.com/segmentio/kafka-go"

	"sluice/internal/cli"
)

// clusterName is what Kafka calls the cluster in ACLs.
const clusterName = "kafka-cluster"

// grant is one entry of a user: what may be done with one topic, one group or the cluster.
type grant struct {
	Topic      string   `json:"topic"`
	Group      string   `json:"group"`
	Cluster    bool     `json:"cluster"`
	Prefix     bool     `json:"prefix"` // the name is how names begin
	Operations []string `json:"operations"`
}

// acls are the grant's entries for a user, one for each operation.
func (g grant) acls(user string) ([]kafka.ACLEntry, error) {
	resource, err := g.resource()
	if err != nil {
		return nil, err
	}
	if len(g.Operations) == 0 {
		return nil, cli.Misusef("operations is empty: set it to some of %s", strings.Join(operations(), ", "))
	}
	acls := make([]kafka.ACLEntry, len(g.Operations))
	for i, name := range g.Operations {
		operation, known := operationCalled(name)
		if !known {
			return nil, cli.Misusef("operation %q is unknown: set it to one of %s", name, strings.Join(operations(), ", "))
		}
		acls[i] = resource
		acls[i].Principal, acls[i].Host = principal(user), "*"
		acls[i].Operation, acls[i].PermissionType = operation, kafka.ACLPermissionTypeAllow
	}
	return acls, nil
}

// resource is an entry that says only what it is about.
func (g grant) resource() (kafka.ACLEntry, error) {
	acl := kafka.ACLEntry{ResourcePatternType: kafka.PatternTypeLiteral}
	named := 0
	if g.Topic != "" {
		acl.ResourceType, acl.ResourceName = kafka.ResourceTypeTopic, g.Topic
		named++
	}
	if g.Group != "" {
		acl.ResourceType, acl.ResourceName = kafka.ResourceTypeGroup, g.Group
		named++
	}
	if g.Cluster {
		acl.ResourceType, acl.ResourceName = kafka.ResourceTypeCluster, clusterName
		named++
	}
	switch {
	case named != 1:
		return acl, cli.Misusef("it is about %d resources: set one of topic, group and cluster", named)
	case g.Prefix && (g.Cluster || acl.ResourceName == "*"):
		return acl, cli.Misusef("prefix needs the begin of a topic's or a group's name: leave it out for * and for the cluster")
	case g.Prefix:
		acl.ResourcePatternType = kafka.PatternTypePrefixed
	}
	return acl, nil
}

func principal(user string) string { return "User:" + user }

// operations are the names of all that can be granted.
func operations() []string {
	var names []string
	for operation := kafka.ACLOperationTypeAll; operation <= kafka.ACLOperationTypeIdempotentWrite; operation++ {
		names = append(names, operation.String())
	}
	return names
}

func operationCalled(name string) (operation kafka.ACLOperationType, known bool) {
	for operation := kafka.ACLOperationTypeAll; operation <= kafka.ACLOperationTypeIdempotentWrite; operation++ {
		if operation.String() == name {
			return operation, true
		}
	}
	return kafka.ACLOperationTypeUnknown, false
}
