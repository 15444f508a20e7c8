package test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
)

// The scripts of the Jobs and init containers run here as they are, against stand-ins for the engines.

func TestWaitForIndexTemplate(t *testing.T) {
	for name, test := range map[string]struct {
		statuses []int
		timeout  string
		fails    string
	}{
		"there":      {[]int{200}, "20", ""},
		"later":      {[]int{404, 200}, "20", ""},
		"not at all": {[]int{404}, "0", "/_index_template/logs within 0 s (curl: (22)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "/_index_template/logs", r.URL.Path)
				w.WriteHeader(test.statuses[min(requests, len(test.statuses)-1)])
				requests++
			}))
			defer server.Close()
			output, err := script(t, "logstash/files/wait.sh", "",
				"ELASTICSEARCH_URL="+server.URL, "INDEX=logs", "TIMEOUT_SECONDS="+test.timeout)
			checkScript(t, test.fails, output, err)
		})
	}
}

func TestCreateTopic(t *testing.T) {
	const exists = `echo "Error: org.apache.kafka.common.errors.TopicExistsException: Topic 'logs' already exists."; exit 1`
	for name, test := range map[string]struct {
		topics  string // what the stand-in of kafka-topics.sh does; $* are its arguments
		timeout string
		fails   string
		calls   []string // without the common arguments
	}{
		"new": {`echo "Created topic logs."`, "20", "", []string{
			"kafka-topics.sh --create --topic logs --partitions 3 --replication-factor 1 --config retention.ms=60000 --config min.insync.replicas=1",
			"kafka-topics.sh --create --topic findings --partitions 1 --replication-factor 1 --config retention.ms=90000 --config min.insync.replicas=1"}},
		"there, with enough partitions": {`case $* in *--create*) ` + exists + `;; *) echo "Topic: logs PartitionCount: 6 ReplicationFactor: 1";; esac`, "20", "", []string{
			"kafka-topics.sh --create", "kafka-configs.sh --alter --entity-type topics --entity-name logs --add-config retention.ms=60000,min.insync.replicas=1",
			"kafka-topics.sh --describe --topic logs",
			"kafka-topics.sh --create", "kafka-configs.sh --alter --entity-type topics --entity-name findings --add-config retention.ms=90000,min.insync.replicas=1",
			"kafka-topics.sh --describe --topic findings"}},
		"there, with fewer partitions": {`case $* in *--create*) ` + exists + `;; *) echo "Topic: logs PartitionCount: 2 ReplicationFactor: 1";; esac`, "20", "", []string{
			"kafka-topics.sh --create", "kafka-configs.sh --alter", "kafka-topics.sh --describe", "kafka-topics.sh --alter --topic logs --partitions 3",
			"kafka-topics.sh --create", "kafka-configs.sh --alter", "kafka-topics.sh --describe"}},
		"too few brokers": {`echo "Replication factor: 3 larger than available brokers: 1."; exit 1`, "0",
			"larger than available brokers: 1.\nerror: the topic logs was not created within 0 s. LOOK HERE", []string{"kafka-topics.sh --create"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broker, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer broker.Close()
			folder := t.TempDir()
			log := filepath.Join(folder, "calls")
			for tool, body := range map[string]string{"kafka-topics.sh": test.topics, "kafka-configs.sh": "true"} {
				content := fmt.Sprintf("#!/bin/sh\necho \"$(basename $0) $*\" >> %s\n%s\n", log, body)
				require.NoError(t, os.WriteFile(filepath.Join(folder, tool), []byte(content), 0o700))
			}
			output, err := script(t, "kafka/files/topics/create.sh", "", topicEnv(broker.Addr().String(), folder, test.timeout)...)
			checkScript(t, test.fails, output, err)
			calls := strings.Split(strings.TrimSpace(read(t, log)), "\n")
			require.Len(t, calls, len(test.calls), calls)
			for i, call := range calls {
				call = strings.Replace(call, " --bootstrap-server "+broker.Addr().String()+" --command-config /admin.properties", "", 1)
				assert.True(t, strings.HasPrefix(call, test.calls[i]), "call %d is %q, not %q", i, call, test.calls[i])
			}
		})
	}
	t.Run("no broker", func(t *testing.T) {
		t.Parallel()
		nobody, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address := nobody.Addr().String()
		require.NoError(t, nobody.Close())
		output, err := script(t, "kafka/files/topics/create.sh", "", topicEnv(address, t.TempDir(), "1")...)
		checkScript(t, "no broker answers at "+address+"\nerror: the topic logs was not created within 1 s. LOOK HERE", output, err)
	})
}

// A broker stops when no partition lacks a copy, when the time is over, or when it does not answer.
func TestStopBroker(t *testing.T) {
	for name, test := range map[string]struct {
		answer  string // what the stand-in of kafka-topics.sh does at call $n
		timeout string
		calls   int
	}{
		"all copies in sync":    {"true", "20", 1},
		"in sync after a while": {`[ $n -ge 3 ] || echo "Topic: logs Partition: 0 Isr: 1,2"`, "20", 3},
		"never in sync":         {`echo "Topic: logs Partition: 0 Isr: 1,2"; sleep 1.1`, "1", 1},
		"no answer":             {"exit 1", "20", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			log := filepath.Join(folder, "calls")
			content := fmt.Sprintf("#!/bin/sh\necho \"$*\" >> %s\nn=$(wc -l < %[1]s)\n%s\n", log, test.answer)
			require.NoError(t, os.WriteFile(filepath.Join(folder, "kafka-topics.sh"), []byte(content), 0o700))
			output, err := script(t, "kafka/files/stop.sh", "", "KAFKA_BIN="+folder, "ADMIN_PORT=9091", "TIMEOUT_SECONDS="+test.timeout)
			require.NoError(t, err, output)
			require.Equal(t, strings.Repeat("--bootstrap-server localhost:9091 --command-config /admin.properties --describe --under-replicated-partitions\n", test.calls), read(t, log))
		})
	}
}

// What the kernel tells of a broker's connections, when its two ZooKeeper clients live and when one is locked up: the lines of a
// broker that was found so.
func TestBrokerAlive(t *testing.T) {
	const (
		established = "  7: 0000000000000000FFFF00000B02F40A:9C52 0000000000000000FFFF00007F60600A:0885 01 00000000:00000000\n"
		closeWait   = "  8: 0000000000000000FFFF00000B02F40A:9C54 0000000000000000FFFF00007F60600A:0885 08 00000000:00000000\n"
		another     = "  9: 0000000000000000FFFF00000B02F40A:9C56 0000000000000000FFFF00000B02F40A:2383 08 00000000:00000000\n"
	)
	for name, test := range map[string]struct{ connections, fails string }{
		"both connected":                      {established + established + another, ""},
		"ZooKeeper is away":                   {another, ""},
		"one has not seen the end":            {established + closeWait, "does not close a connection"},
		"neither has":                         {closeWait + closeWait, "does not close a connection"},
		"one has none while the other does":   {established + another, "one of two ZooKeeper clients is connected"},
		"connected, but the port is not open": {established + established, "onnection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broker, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer broker.Close()
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "tcp"), []byte("  sl  local_address rem_address   st\n"), 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "tcp6"), []byte("  sl  local_address remote_address st\n"+test.connections), 0o600))
			_, port, err := net.SplitHostPort(broker.Addr().String())
			require.NoError(t, err)
			if strings.Contains(test.fails, "refused") {
				port = "1" // nobody's: one that was closed may be another test's by now
			}
			output, err := script(t, "kafka/files/zookeeper/alive.sh", "", "PROC_NET="+folder, "PORT="+port)
			checkScript(t, test.fails, output, err)
		})
	}
}

func topicEnv(address, bin, timeout string) []string {
	return []string{"BOOTSTRAP_SERVER=" + address, "KAFKA_BIN=" + bin, "TIMEOUT_SECONDS=" + timeout,
		"TOPICS=logs 3 60000\nfindings 1 90000\n", "REPLICATION_FACTOR=1", "MIN_INSYNC_REPLICAS=1"}
}

// script runs a file of a sub-chart with bash. Its /etc/sluice is folder.
func script(t *testing.T, path, folder string, env ...string) (string, error) {
	t.Helper()
	root, err := state.Repository()
	require.NoError(t, err)
	content := strings.ReplaceAll(read(t, filepath.Join(root, "charts", "sluice", "charts", path)), "/etc/sluice", folder)
	return runBash(t, content, append([]string{"PATH=" + os.Getenv("PATH"), "RETRY_SECONDS=0.1", "LOOK_AT=LOOK HERE"}, env...)...)
}

func runBash(t *testing.T, content string, env ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-c", content)
	command.WaitDelay = time.Second // for what the script has started
	command.Env = env
	output, err := command.CombinedOutput()
	return string(output), err
}

func checkScript(t *testing.T, fails, output string, err error) {
	t.Helper()
	if fails == "" {
		require.NoError(t, err, output)
		return
	}
	require.Error(t, err, output)
	assert.Contains(t, output, fails)
}
