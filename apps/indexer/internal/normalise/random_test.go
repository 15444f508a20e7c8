package normalise_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/apps/indexer/internal/normalise"
	contract "sluice/charts/sluice/charts/lib"
)

// Records made at random of what the contract names and of what is odd in JSON: the fuzzer, which changes single bytes,
// hardly ever makes {"labels.a\u0000": …}. SLUICE_RANDOM_RECORDS is how many; each run has other ones, by the seed it tells.
func TestRandomRecords(t *testing.T) {
	count := 2000
	if text := os.Getenv("SLUICE_RANDOM_RECORDS"); text != "" {
		var err error
		count, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	seed := uint64(time.Now().UnixNano())
	now := time.Date(2026, 11, 30, 18, 26, 37, 123_456_789, time.UTC)
	c, err := contract.Read()
	require.NoError(t, err)
	// Small limits, so that they are reached.
	c.Depth, c.KeyedDepth, c.KeyedBytes = 7, 3, 14
	n, err := normalise.New(normalise.Options{Contract: c, RetentionDays: 3, DeadLetterIndex: "logs-dead-letter", Now: func() time.Time { return now }})
	require.NoError(t, err)
	r := reference{Contract: c, retention: 72 * time.Hour, now: now}
	var last []byte
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d, the last record: %q", seed, last)
		}
	})
	made := map[bool]int{}
	for i := range count {
		g := generator{rand.New(rand.NewPCG(seed, uint64(i))), c}
		record := []byte(g.record())
		source := normalise.Source{Topic: "t", Partition: 3, Offset: 5, Index: "logs", Anomaly: g.IntN(4) == 0}
		if g.IntN(3) > 0 {
			source.Time = now.Add(-time.Minute)
		}
		last = record
		verify(t, n, r, record, source)
		_, result := n.Append(nil, record, source)
		made[result.Dead == ""]++
	}
	t.Logf("seed %d: %d documents, %d dead letters", seed, made[true], made[false])
	require.Greater(t, made[true], count/10)
	require.Greater(t, made[false], count/10)
}

type generator struct {
	*rand.Rand
	contract.Contract
}

func (g generator) one(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) space() string {
	if g.IntN(40) == 0 {
		return g.one(" ", "\n", "\r\n", "\t", "  ")
	}
	return ""
}

func (g generator) record() string {
	text := g.space() + g.object(0, "") + g.space()
	switch g.IntN(60) {
	case 0:
		text += g.one("\x00", "\x00\n", "x", "{}", "\xff", ",")
	case 1: // something is cut off, or too much
		at := g.IntN(len(text))
		text = text[:at] + g.one("", "{", "]", "\"", "\\", ",", ":", "\n", "\x01", "é") + text[at+1:]
	}
	return text
}

// object makes one that stands at path.
func (g generator) object(depth int, path string) string {
	var members []string
	for range g.IntN(6) {
		name := g.name(path)
		inner := name
		if path != "" {
			inner = path + "." + name
		}
		members = append(members, g.space()+g.quoted(name)+g.space()+":"+g.space()+g.value(depth+1, inner)+g.space())
	}
	return "{" + g.space() + strings.Join(members, ",") + "}"
}

// name prefers one of the contract's below path, or a part of one, or several parts with a dot.
func (g generator) name(path string) string {
	if g.IntN(5) == 0 {
		return g.one("a", "b", "c", "d", "é", "x y", "\x00", "a\x00b", "longer name", "カカカ", "�")
	}
	if g.IntN(60) == 0 {
		return g.one("", " ", "_a", "a..b", ".a", "a.", "\t.x", "_", ".")
	}
	names := append(append(append(append([]string{}, g.Values...), g.Objects...), g.TimeFields...), g.LevelFields...)
	names = append(append(append(names, g.DroppedNames...), g.ListsOfValues...), "unindexed", "unindexed.labels", "labels.a", "labels.b", "labels.a.b", "event.original_timestamp", "window", "window.events", "anomaly.score.x", "message.x", "tags.x")
	for range 20 {
		name := g.one(names...)
		if path != "" {
			rest, below := strings.CutPrefix(name, path+".")
			if !below {
				continue
			}
			name = rest
		}
		if parts := strings.Split(name, "."); len(parts) > 1 && g.IntN(3) > 0 {
			return strings.Join(parts[:1+g.IntN(len(parts)-1)], ".")
		}
		return name
	}
	return g.one("a", "b", "c")
}

func (g generator) value(depth int, path string) string {
	isObject := false
	for _, object := range append(append([]string{"unindexed", "unindexed.labels"}, g.Objects...), g.AnomalyObjects...) {
		isObject = isObject || path == object
	}
	switch {
	case isObject && g.IntN(12) > 0:
		return g.object(depth, path)
	case g.IntN(12) == 0:
		return "null"
	case strings.HasPrefix(path, "labels") && g.IntN(4) == 0 || !isObject && depth < 9 && g.IntN(12) == 0:
		return g.object(depth, path)
	case depth < 9 && g.IntN(14) == 0:
		var values []string
		for range g.IntN(3) {
			values = append(values, g.space()+g.value(depth+1, path))
		}
		return "[" + strings.Join(values, ",") + g.space() + "]"
	case g.IntN(3) == 0:
		return g.one("true", "false", "0", "-0", "12", "1.50", "1e5", "1E-3", "-7.25e+2", "12345678901234567890", "1e999", "0.1e-999", strings.Repeat("9", 400),
			"1796063197", "1796063197.123", "1796063197123", "1796063197123.7", "1.796063197123e+09", "1796063197123456", "99999999999", "179606319", "99999999999999", "01", "1.", "NaN")
	default:
		return g.quoted(g.text())
	}
}

func (g generator) text() string {
	if g.IntN(3) == 0 {
		day := g.one("2026-11-30", "2026-11-29", "2026-12-05", "2024-02-29", "2023-02-29", "1969-12-31", "1970-01-01", "2259-12-31", "2260-01-01", "9999-12-31", "0000-01-01", "2026-13-01", "2026-00-10", "2026-11-31", "2026-11-00")
		zone := g.one("Z", "Z", "+00:00", "-05:30", "+23:59", "+24:00", "z", "", "+0100", "-00:60")
		return day + g.one("T", "T", "T", "t", " ") + g.one("18:26:37", "00:00:00", "23:59:59", "23:59:60", "24:00:00", "1:02:03") + g.one("", ".1", ".123", ".123456789", ".1234567890", ".", ",5") + zone
	}
	return g.one("", "x", "info", "WARN", "Err", "fatal", "FINE", "Loud", "ÄRGER", "1796063197", "0001796063197", "1796063197.5", "1796063197123.", "12", "a b", "id-1", "#",
		"\x00", "tab\t", "line\nend", "é", "カ", "😀", "\u2028", "\"", "\\", "\\u0041", "{[", "longer text than the limit", strings.Repeat("z", 1025), strings.Repeat("カ", 1000))
}

// quoted makes a JSON string in one of many ways.
func (g generator) quoted(text string) string {
	var out strings.Builder
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			out.WriteString("\\" + string(c))
		case c < ' ' && g.IntN(8) > 0, c < 0x10000 && g.IntN(60) == 0:
			fmt.Fprintf(&out, g.one(`\u%04x`, `\u%04X`), c)
		case c == 0xFFFD:
			out.WriteString(g.one("\ufffd", `\ud83d`, `\ude00`, `\uDBFF`, `\ufffd`))
		default:
			out.WriteRune(c) // control characters too
		}
	}
	if g.IntN(100) == 0 {
		out.WriteString(g.one(`\ud83d`, `\ude00`, `\ud83d\ude00`, `\/`, `\b`, `\q`, `\u12`, "\x01", "\xc3", `\ud83d\u0041`))
	}
	return `"` + out.String() + `"`
}
