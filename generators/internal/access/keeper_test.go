package access

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"
)

const twoUsers = `
a: [{topic: logs, operations: [Read]}]
b: [{topic: logs, operations: [Write]}]
`

var (
	aReads  = allowed("a", kafka.ResourceTypeTopic, "logs", kafka.PatternTypeLiteral, kafka.ACLOperationTypeRead)
	bWrites = allowed("b", kafka.ResourceTypeTopic, "logs", kafka.PatternTypeLiteral, kafka.ACLOperationTypeWrite)
)

// keeper is one of a cluster, and what it logs.
func keeper(f *fake, files Files) (*Keeper, *bytes.Buffer) {
	var log bytes.Buffer
	return NewKeeper(files, func() (Client, error) { return f, nil }, 5*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil))), &log
}

func value(t *testing.T, metric prometheus.Metric) *dto.Metric {
	t.Helper()
	var m dto.Metric
	require.NoError(t, metric.Write(&m))
	return &m
}

func TestKafkaGetsWhatTheFilesSay(t *testing.T) {
	denied := aReads
	denied.PermissionType = kafka.ACLPermissionTypeDeny
	strangers := allowed("stranger", kafka.ResourceTypeTopic, "logs", kafka.PatternTypeLiteral, kafka.ACLOperationTypeAll)
	f := newFake(denied, strangers, bWrites)
	files := folder(t, twoUsers, map[string]string{"a": "pass-a", "b": "pass-b"})
	k, log := keeper(f, files)
	require.ErrorContains(t, k.Ready(), "not been applied yet")

	require.NoError(t, k.look(t.Context()))
	require.NoError(t, k.Ready())
	require.InDelta(t, time.Now().Unix(), value(t, k.applied).GetGauge().GetValue(), 5)
	require.Equal(t, []string{"CreateACLs", "DeleteACLs", "AlterUsers"}, f.take(), "grants come before who shall have them")
	require.ElementsMatch(t, []kafka.ACLEntry{aReads, bWrites, strangers}, f.has())
	require.Contains(t, log.String(), `"ACLs created"=1 "ACLs deleted"=1 "passwords set"="[a b]"`)
	first := f.credentials["a"]

	require.NoError(t, k.look(t.Context()))
	require.Empty(t, f.take(), "nothing has changed")

	// A password changes in its file, and a grant.
	write(t, filepath.Join(files.Passwords, "b"), "new")
	write(t, files.Users, "a: []\nb: [{topic: logs, operations: [Write]}]")
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, []string{"DeleteACLs", "AlterUsers"}, f.take())
	require.ElementsMatch(t, []kafka.ACLEntry{bWrites, strangers}, f.has())
	require.Equal(t, first, f.credentials["a"], "whose password is the same keeps the salt")
	requirePassword(t, "new", f.credentials["b"])

	// The cluster is made anew.
	clear(f.credentials)
	clear(f.acls)
	require.NoError(t, k.look(t.Context()))
	require.ElementsMatch(t, []kafka.ACLEntry{bWrites}, f.has())
	requirePassword(t, "pass-a", f.credentials["a"])
	require.NotContains(t, log.String(), "pass-")
}

// requirePassword derives the salted password once more, by the formula of RFC 5802.
func requirePassword(t *testing.T, password string, c kafka.UserScramCredentialsUpsertion) {
	t.Helper()
	require.Equal(t, kafka.ScramMechanismSha512, c.Mechanism)
	require.Equal(t, 8192, c.Iterations)
	require.Len(t, c.Salt, 32)
	mac := func(message []byte) []byte {
		h := hmac.New(sha512.New, []byte(password))
		h.Write(message)
		return h.Sum(nil)
	}
	u := mac(append(bytes.Clone(c.Salt), 0, 0, 0, 1))
	salted := bytes.Clone(u)
	for range c.Iterations - 1 {
		u = mac(u)
		subtle.XORBytes(salted, salted, u)
	}
	require.Equal(t, salted, c.SaltedPassword)
}

func TestAWeakerCredentialIsReplaced(t *testing.T) {
	f := newFake()
	files := folder(t, twoUsers, map[string]string{"a": "1", "b": "2"})
	k, _ := keeper(f, files)
	require.NoError(t, k.look(t.Context()))
	c := f.credentials["a"]
	c.Iterations = 4096
	f.credentials["a"] = c
	f.take()
	require.NoError(t, k.look(t.Context()))
	require.Equal(t, []string{"AlterUsers"}, f.take())
	require.Equal(t, 8192, f.credentials["a"].Iterations)
}

func TestWhatKafkaRefusesIsToldAndTriedAgain(t *testing.T) {
	gone := errors.New("gone")
	for call, want := range map[string]string{
		"Metadata":      "brokers: gone",
		"DescribeUsers": "users: gone",
		"AlterUsers":    "users: gone",
		"DescribeACLs":  "ACLs: gone",
		"CreateACLs":    "create the ACL of User:b: Write on Topic logs: gone",
		"DeleteACLs":    "delete the ACL of User:a: Write on Topic logs: gone",
		"a":             `user "a": gone`,
	} {
		t.Run(call, func(t *testing.T) {
			other := aReads
			other.Operation = kafka.ACLOperationTypeWrite
			f := newFake(aReads, other)
			f.refused[call] = gone
			k, _ := keeper(f, folder(t, twoUsers, map[string]string{"a": "pass-a", "b": "pass-b"}))
			require.ErrorContains(t, k.look(t.Context()), want)
			require.Error(t, k.Ready())
			require.Equal(t, 1, f.closed, "the next client reads certificates anew")

			delete(f.refused, call)
			require.NoError(t, k.look(t.Context()))
			require.NoError(t, k.Ready())
			require.ElementsMatch(t, []kafka.ACLEntry{aReads, bWrites}, f.has())
			require.Len(t, f.credentials, 2)
		})
	}
}

// Files that do not fit together for a moment change nothing in Kafka, and are looked at again.
func TestRunOutlivesBadFiles(t *testing.T) {
	f := newFake()
	files := folder(t, twoUsers, map[string]string{"a": "pass-a", "b": "pass-b"})
	k, log := keeper(f, files)
	require.NoError(t, os.Remove(filepath.Join(files.Passwords, "b")))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { k.Run(ctx) })
	require.Eventually(t, func() bool { return value(t, k.failures).GetCounter().GetValue() > 1 }, 5*time.Second, time.Millisecond)
	require.Empty(t, f.take())
	require.Error(t, k.Ready())

	write(t, filepath.Join(files.Passwords, "b"), "pass-b")
	require.Eventually(t, func() bool { return k.Ready() == nil }, 5*time.Second, time.Millisecond)
	cancel()
	running.Wait()
	require.Contains(t, log.String(), `level=ERROR msg="not applied, trying again" in=5ms error="user \"b\" has no password`)
	require.NotContains(t, log.String(), "pass-")
	require.Equal(t, 1, f.closed)
}
