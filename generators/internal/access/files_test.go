package access

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
)

// folder makes the files: the grants and, by user, the passwords.
func folder(t *testing.T, users string, passwords map[string]string) Files {
	t.Helper()
	f := Files{Users: filepath.Join(t.TempDir(), "users.yaml"), Passwords: t.TempDir()}
	write(t, f.Users, users)
	for name, password := range passwords {
		write(t, filepath.Join(f.Passwords, name), password)
	}
	return f
}

func write(t *testing.T, file, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
}

func allowed(user string, resource kafka.ResourceType, name string, pattern kafka.PatternType, operation kafka.ACLOperationType) kafka.ACLEntry {
	return kafka.ACLEntry{
		ResourceType: resource, ResourceName: name, ResourcePatternType: pattern,
		Principal: "User:" + user, Host: "*", Operation: operation, PermissionType: kafka.ACLPermissionTypeAllow,
	}
}

func TestRead(t *testing.T) {
	users, err := folder(t, `
writer:
  - {topic: logs, operations: [Write, DescribeConfigs]}
  - {cluster: true, operations: [Describe]}
reader:
  - {topic: "*", operations: [Read]}
  - {group: sluice-, prefix: true, operations: [Read]}
nobody: []
`, map[string]string{"writer": "w\n", "reader": " r \r\n", "nobody": "n", "..data": "unused"}).read()
	require.NoError(t, err)
	const literal, prefixed = kafka.PatternTypeLiteral, kafka.PatternTypePrefixed
	require.Equal(t, map[string]user{
		"writer": {"w", []kafka.ACLEntry{
			allowed("writer", kafka.ResourceTypeTopic, "logs", literal, kafka.ACLOperationTypeWrite),
			allowed("writer", kafka.ResourceTypeTopic, "logs", literal, kafka.ACLOperationTypeDescribeConfigs),
			allowed("writer", kafka.ResourceTypeCluster, "kafka-cluster", literal, kafka.ACLOperationTypeDescribe),
		}},
		"reader": {" r ", []kafka.ACLEntry{
			allowed("reader", kafka.ResourceTypeTopic, "*", literal, kafka.ACLOperationTypeRead),
			allowed("reader", kafka.ResourceTypeGroup, "sluice-", prefixed, kafka.ACLOperationTypeRead),
		}},
		"nobody": {"n", nil},
	}, users)
}

func TestFilesThatCannotWork(t *testing.T) {
	for users, want := range map[string]string{
		"":     "names no user",
		"u: [": "--users ",
		"u: [{topic: t, operations: [Read], host: h}]":          `unknown field "host"`,
		"u: [{topic: t, operations: [Read]}]\nu: []":            `key "u" already set`,
		"u: [{topic: t, operations: [Fly]}]":                    `user "u", grant 1: operation "Fly" is unknown: set it to one of All, Read, Write, Create, Delete, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite`,
		"u: [{topic: t, operations: [Any]}]":                    `operation "Any" is unknown`,
		"u: [{topic: t, operations: [Unknown]}]":                `operation "Unknown" is unknown`,
		"u: [{topic: t, operations: [Read]}, {topic: t}]":       `user "u", grant 2: operations is empty`,
		"u: [{operations: [Read]}]":                             "it is about 0 resources: set one of topic, group and cluster",
		"u: [{topic: t, group: g, operations: [Read]}]":         "it is about 2 resources",
		"u: [{cluster: true, group: g, operations: [All]}]":     "it is about 2 resources",
		`u: [{topic: "*", prefix: true, operations: [All]}]`:    "leave it out for *",
		"u: [{cluster: true, prefix: true, operations: [All]}]": "and for the cluster",
		"other: []": `user "other" has no password: put it into `,
		"blank: []": `the password of user "blank": `,
		"a/b: []":   `a user "a/b": set it to a name that a file can have`,
		`"": []`:    `a user ""`,
	} {
		err := folder(t, users, map[string]string{"u": "SECRET", "blank": "\n"}).Check()
		require.ErrorContains(t, err, want, users)
		require.Equal(t, cli.ExitMisuse, cli.ExitCode(err), users)
		require.NotContains(t, err.Error(), "SECRET")
	}
	err := Files{Users: "/does/not/exist"}.Check()
	require.ErrorContains(t, err, "cannot read --users: open /does/not/exist")
	require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
}
