package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/cli"
	"sluice/test/hostile"
)

func noEnv(string) (string, bool) { return "", false }

// explained runs the command over standard input.
func explained(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, log strings.Builder
	code = run(append([]string{"explain"}, args...), noEnv, strings.NewReader(stdin), &out, &log)
	return code, out.String(), log.String()
}

func TestExplain(t *testing.T) {
	now := "--now=2026-11-30T18:26:37.1239Z"
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        string
	}{
		{"nothing", "", nil, ""},
		{"a document", `{"event":{"id":"1"},"service":{"name":"s"},"a":"<&>"}`, nil,
			`{"index":"logs-index-2026.11.30","id":"1","document":{"event":{"id":"1"},"service":{"name":"s"},"a":"<&>","@timestamp":"2026-11-30T18:26:37.123Z"}}` + "\n"},
		{"two, the last without a line end", "\nx", nil,
			`{"index":"logs-index-dead-letter","id":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","dead_letter":"the record is empty"}` + "\n" +
				`{"index":"logs-index-dead-letter","id":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881","dead_letter":"the record is not a JSON object"}` + "\n"},
		{"hexadecimal", "7B7d \n\n", []string{"--hex", "--index=i"},
			`{"index":"i-2026.11.30","id":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","document":{"@timestamp":"2026-11-30T18:26:37.123Z","event":{"id":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"service":{"name":"unknown"}}}` + "\n" +
				`{"index":"i-dead-letter","id":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","dead_letter":"the record is empty"}` + "\n"},
		{"an anomaly", `{"window":1}`, []string{"--anomaly"},
			`{"index":"logs-index-dead-letter","id":"ce78dfff29dfec186bfc7401d60f6ac3315aed6dc2e6592dda0e87f70e3f5f49","dead_letter":"a value is where an object belongs"}` + "\n"},
		{"an old event", `{"event":{"id":"1"},"service":{"name":"s"},"@timestamp":"2026-11-28T18:26:37Z"}`, []string{"--retention-days=1"},
			`{"index":"logs-index-undated","id":"1","document":{"event":{"id":"1"},"service":{"name":"s"},"@timestamp":"2026-11-28T18:26:37.000Z"}}` + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := explained(c.stdin, append([]string{now}, c.args...)...)
			require.Equal(t, c.want, stdout)
			require.Empty(t, stderr)
			require.Zero(t, code)
		})
	}
}

// A line that is no hexadecimal ends the command; what came before it is told.
func TestExplainBadHex(t *testing.T) {
	code, stdout, stderr := explained("7b7d\n7b7\n7b7d\n", "--hex")
	require.Equal(t, cli.ExitMisuse, code)
	require.Equal(t, 1, strings.Count(stdout, "\n"))
	require.Equal(t, "indexer: standard input, line 2: encoding/hex: odd length hex string: give two hexadecimal digits a byte, or leave --hex out\n", stderr)

	code, stdout, stderr = explained("7b7d\nxx", "--hex")
	require.Equal(t, cli.ExitMisuse, code)
	require.Equal(t, 1, strings.Count(stdout, "\n"))
	require.Contains(t, stderr, "line 2: encoding/hex: invalid byte: U+0078 'x': give")
}

func TestExplainLongLines(t *testing.T) {
	long := strings.Repeat("x", 17<<20)
	code, stdout, stderr := explained(`{"message":"` + long + `"}` + "\n{}\n")
	require.Zero(t, code, stderr)
	lines := strings.Split(stdout, "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], long)
	require.Contains(t, lines[1], `"document":{`)
}

func TestMisuse(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "a command is missing: indexer --help lists them"},
		{[]string{"index"}, `unknown command "index": indexer --help lists them`},
		{[]string{"explain", "file"}, `unexpected argument "file": settings are flags, indexer explain --help lists them`},
		{[]string{"explain", "--index="}, "--index is empty: set it to an alias, such as logs-index"},
		{[]string{"explain", "--retention-days=0"}, "--retention-days is 0: set it to 1 or more"},
		{[]string{"explain", "--now=noon"}, `invalid value "noon" for flag -now: it is no time such as 2006-01-02T15:04:05Z`},
	} {
		var out, log strings.Builder
		require.Equal(t, cli.ExitMisuse, run(c.args, noEnv, strings.NewReader(""), &out, &log))
		require.Contains(t, log.String(), "indexer: "+c.want)
		require.Equal(t, 1, strings.Count(log.String(), "\n"))
		require.Empty(t, out.String())
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"help"}, {"explain", "--help"}} {
		var out, log strings.Builder
		require.Equal(t, cli.ExitOK, run(args, noEnv, strings.NewReader(""), &out, &log))
		require.Contains(t, out.String(), "Usage: indexer")
		require.Empty(t, log.String())
	}
}

// The table of hostile records through the command, as a user tries records with it.
func TestExplainHostileRecords(t *testing.T) {
	now := time.Now()
	cases, err := hostile.Load("run", now)
	require.NoError(t, err)
	for _, anomaly := range []bool{false, true} {
		var stdin bytes.Buffer
		var sent []hostile.Case
		for _, c := range cases {
			if c.Anomaly != anomaly || c.KafkaTime > 0 { // the Kafka record's time is the clock's here
				continue
			}
			sent = append(sent, c)
			stdin.WriteString(hex.EncodeToString(c.Record) + "\n")
		}
		args := []string{"--hex", "--index=logs", "--now=" + now.Format(time.RFC3339Nano)}
		if anomaly {
			args = append(args, "--anomaly")
		}
		code, stdout, stderr := explained(stdin.String(), args...)
		require.Zero(t, code, stderr)
		lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
		require.Len(t, lines, len(sent))
		for i, c := range sent {
			var told struct {
				Index      string
				ID         string
				Document   json.RawMessage
				DeadLetter string `json:"dead_letter"`
			}
			require.NoError(t, json.Unmarshal([]byte(lines[i]), &told), c.Name)
			if c.Index == "-dead-letter" {
				want := c.Document["error"].(map[string]any)["message"]
				assert.Equal(t, []any{"logs-dead-letter", c.ID, want}, []any{told.Index, told.ID, told.DeadLetter}, c.Name)
				continue
			}
			differences, _ := c.Check(strings.TrimPrefix(told.Index, "logs"), told.ID, told.Document)
			assert.True(t, differences == nil, "%s: %.3000s", c.Name, differences)
		}
	}
}
