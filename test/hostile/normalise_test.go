package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/state"
	"sluice/test/hostile"
)

// Logstash's script makes the documents of the table. It needs a Ruby, which the repository does not ask for:
// SLUICE_RUBY names a command (`java -jar jruby-complete.jar` is one), or there is a ruby on the PATH.
func TestNormaliseScript(t *testing.T) {
	command := strings.Fields(os.Getenv("SLUICE_RUBY"))
	if len(command) == 0 {
		ruby, err := exec.LookPath("ruby")
		if err != nil {
			t.Skip("not run: no ruby on the PATH, and SLUICE_RUBY names none")
		}
		command = []string{ruby}
	}
	root, err := state.Repository()
	require.NoError(t, err)
	cases, err := hostile.Load("run", time.Now())
	require.NoError(t, err)

	var records bytes.Buffer
	for _, c := range cases {
		topic := "logs"
		if c.Anomaly {
			topic = "anomalies"
		}
		require.NoError(t, json.NewEncoder(&records).Encode(map[string]string{"record": hex.EncodeToString(c.Record), "topic": topic}))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, command[0], append(command[1:],
		filepath.Join(root, "test/hostile/run.rb"),
		filepath.Join(root, "charts/sluice/charts/logstash/files/normalise.rb"),
		`{"index":"logs","anomalies_topic":"anomalies","retention_days":3}`)...)
	run.Stdin = &records
	var errors bytes.Buffer
	run.Stderr = &errors
	output, err := run.Output()
	require.NoError(t, err, errors.String())

	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, 16<<20)
	for _, c := range cases {
		require.True(t, lines.Scan(), "no document for %s", c.Name)
		var made struct {
			Index    string          `json:"index"`
			ID       string          `json:"id"`
			Document json.RawMessage `json:"document"`
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &made), c.Name)
		differences, from := c.Check(strings.TrimPrefix(made.Index, "logs"), made.ID, made.Document)
		assert.Empty(t, differences, c.Name)
		if from != nil {
			assert.True(t, from.Partition != nil && *from.Partition == 2 && from.Offset != nil && *from.Offset == 7, "%s: partition and offset", c.Name)
		}
	}
}
