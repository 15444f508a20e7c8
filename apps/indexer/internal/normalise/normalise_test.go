package normalise_test

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/apps/indexer/internal/normalise"
	contract "sluice/charts/sluice/charts/lib"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 123_456_789, time.UTC)

func atNoon() time.Time { return noon }

// What the contract does not change stays byte for byte: order, numbers, escapes, blanks.
func TestBytesStay(t *testing.T) {
	const head = `{"@timestamp":"2026-11-30T11:59:59.000Z","event":{"id":"1"},"service":{"name":"s"}`
	long := strings.Repeat("x", 32766)
	n := normaliser(t, atNoon)
	for _, c := range []struct{ name, record, want string }{
		{"all of it", head + `,"z":1.10,"a":12345678901234567890123,"b":[1e5 , -0.0],"é":"\u00e9\/\u2028","c": {"y":1,"x": null}}`, ""},
		{"a whole event", records["generator"], ""},
		{"what is set stands where it stood", `{"z":1,"service":{"x":0,"name":"","y":"\/"} ,"log":{ "level":"WARN" , "logger":"l"},"event":{"sequence":1.0,"id":null},"@timestamp": 1796039999,"a":2}`,
			`{"z":1,"service":{"x":0,"name":"unknown","y":"\/"},"log":{ "level":"warn" , "logger":"l"},"event":{"sequence":1.0,"id":"<sha256>"},"@timestamp": "2026-11-30T11:59:59.000Z","a":2}`},
		{"what is new comes last", `{"level":"x","message":"m" }`,
			`{"level":"x","message":"m","@timestamp":"2026-11-30T12:00:00.123Z","event":{"id":"<sha256>"},"log":{"level":"x"},"service":{"name":"unknown"}}`},
		{"an empty object is filled", `{"event":{ },"service":{},"log":null,"level":"INFO","@timestamp":"2026-11-30T11:59:59.000Z"}`,
			`{"event":{"id":"<sha256>"},"service":{"name":"unknown"},"log":{"level":"info"},"level":"INFO","@timestamp":"2026-11-30T11:59:59.000Z"}`},
		{"dotted names go to their object", `{"service.name":"s","event.id":"1","event":{"a":1},"x":"y","@timestamp":"2026-11-30T11:59:59.000Z"}`,
			`{"event":{"a":1,"id":"1"},"x":"y","@timestamp":"2026-11-30T11:59:59.000Z","service":{"name":"s"}}`},
		{"two members of one object", `{"event":{"original_timestamp":"x","sequence":1,"id":""},"service":{"name":"s"},"@timestamp":1.0}`,
			`{"event":{"original_timestamp":1.0,"sequence":1,"id":"<sha256>"},"service":{"name":"s"},"@timestamp":"2026-11-30T12:00:00.123Z"}`},
		{"labels that stay", head + `,"labels":{"b": 1.0 , "a\u0000":2, "c":[3]}}`, head + `,"labels":{"b": 1.0,"c":[3]},"unindexed":{"labels":{"a\u0000":2}}}`},
		{"a label in both", head + `,"labels.a\u0000":1,"labels":{"a\u0000":2}}`, head + `,"labels":{},"unindexed":{"labels":{"a\u0000":1}}}`},
		{"null labels", head + `,"labels":null,"labels.a\u0000":1}`, head + `,"labels":null,"unindexed":{"labels":{"a\u0000":1}}}`},
		{"a long key of null", head + `,"labels":{"a":[null],"` + long + `":null}}`, head + `,"labels":{"a":[null]},"unindexed":{"labels":{"` + long + `":null}}}`},
		{"a long key of nothing", head + `,"labels":{"a":{"` + long + `":{}},"` + long + `":[]}}`, ""},
		{"what is left out may be anything", `{"@version":[{"":1e999}],"@metadata":{"_x":{" ":{"message":[{}]}}},` + head[1:] + `}`, head + `}`},
		{"a time out of reach", `{"event":{"id":"1"},"service":{"name":"s"},"time":"1066-10-14T09:00:00\u005a"}`,
			`{"event":{"id":"1"},"service":{"name":"s"},"time":"1066-10-14T09:00:00\u005a","@timestamp":"1066-10-14T09:00:00\u005a"}`},
		{"lines and blanks", " {\n\t\"event\" : {\"id\":\"1\"},\r\n\"service\":{\"name\":\"s\"}, \"@timestamp\":\"2026-11-30T11:59:59.000Z\"\n}\n",
			`{"event" : {"id":"1"},"service":{"name":"s"},"@timestamp":"2026-11-30T11:59:59.000Z"}`},
		{"line feeds", head + ",\n\"a\":\n1}", head + `,"a": 1}`},
		{"carriage returns", head + ",\"a\":\r1}", head + `,"a": 1}`},
		{"a dotted name beside its object's member", head + `,"event.id":"2","service.name":null}`, head + `}`},
		{"doubled names", `{"a":1.0,"event":{"id":"1"},"a":"\/","service":{"name":"s"},"@timestamp":"2026-11-30T11:59:59.000Z"}`,
			`{"event":{"id":"1"},"a":"\/","service":{"name":"s"},"@timestamp":"2026-11-30T11:59:59.000Z"}`},
		{"nothing but an object", ` {} `, `{"@timestamp":"2026-11-30T12:00:00.123Z","event":{"id":"<sha256>"},"service":{"name":"unknown"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == "" {
				c.want = c.record
			}
			request, result := n.Append(nil, []byte(c.record), normalise.Source{Index: "logs"})
			require.Empty(t, result.Dead)
			_, _, document := lines(t, request)
			require.Equal(t, strings.ReplaceAll(c.want, "<sha256>", digest([]byte(c.record))), string(document))
		})
	}
}

// The action is create: a record that is read again rewrites nothing.
func TestAction(t *testing.T) {
	n := normaliser(t, atNoon)
	request, result := n.Append([]byte("x\n"), []byte(`{"event":{"id":"a\"b\\\u0021"},"time":"2026-11-30T13:00:00.5+02:00"}`), normalise.Source{Index: `we"ird`})
	first, _, _ := strings.Cut(strings.TrimPrefix(string(request), "x\n"), "\n")
	require.Equal(t, `{"create":{"_index":"we\"ird-2026.11.30","_id":"a\"b\\\u0021"}}`, first)
	require.Equal(t, normalise.Result{Time: time.Date(2026, 11, 30, 11, 0, 0, 500_000_000, time.UTC)}, result)

	// Each source has its own alias.
	for _, alias := range []string{"a", "b", "a"} {
		request, _ = n.Append(nil, []byte(`{}`), normalise.Source{Index: alias})
		index, _, _ := lines(t, request)
		require.Equal(t, alias+"-2026.11.30", index)
	}
}

func TestResultTime(t *testing.T) {
	n := normaliser(t, atNoon)
	for _, c := range []struct {
		record string
		kafka  time.Time
		want   time.Time
	}{
		{`{}`, time.Time{}, noon.Truncate(time.Millisecond)},
		{`{}`, noon.Add(-time.Hour), noon.Add(-time.Hour).Truncate(time.Millisecond)},
		{`{}`, time.UnixMilli(math.MaxInt64), noon.Truncate(time.Millisecond)}, // no broker would set it
		{`{"ts":1796039999}`, noon, time.Unix(1796039999, 0).UTC()},
		{`{"ts":"9999-01-01T00:00:00Z"}`, noon, time.Time{}},
		{fmt.Sprintf(`{"ts":%d}`, noon.AddDate(0, 0, -40).Unix()), noon, time.Time{}},
		{fmt.Sprintf(`{"ts":%d}`, noon.AddDate(0, 0, 40).Unix()), noon, time.Time{}},
		{`{"message":{}}`, noon, time.Time{}},
	} {
		_, result := n.Append(nil, []byte(c.record), normalise.Source{Index: "logs", Time: c.kafka})
		require.Equal(t, c.want, result.Time, c.record)
	}
}

func TestDeadLetter(t *testing.T) {
	n := normaliser(t, atNoon)
	source := normalise.Source{Topic: `to"pic`, Partition: 3, Offset: math.MaxInt64, Index: "logs"}
	record := []byte("\x00\"ü\xe2\x82\xff\xf0\x9f\x98")
	const want = `{"create":{"_index":"logs-dead-letter","_id":"<digest>"}}
{"@timestamp":"2026-11-30T12:00:00.123Z","kafka":{"topic":"to\"pic","partition":3,"offset":9223372036854775807},"event":{"original":"\u0000\"ü���"},"bytes":"<hex>","error":{"message":"<reason>"}}
`
	fill := strings.NewReplacer("<digest>", digest(record), "<hex>", hex.EncodeToString(record), "<reason>", "the record is not UTF-8").Replace
	request, result := n.Append(nil, record, source)
	require.Equal(t, fill(want), string(request))
	require.Equal(t, normalise.Result{Dead: "not_utf8"}, result)

	// One that Elasticsearch has refused, with its reason; after another one, whose digest must not stay.
	record = []byte(`{"a":1}`)
	fill = strings.NewReplacer("<digest>", digest(record), "<hex>", hex.EncodeToString(record), "<reason>", `mapper: \"a\"\n`+"�").Replace
	request = n.AppendDeadLetter(nil, record, source, "mapper: \"a\"\n\xff")
	require.Equal(t, strings.Replace(fill(want), `\u0000\"ü���`, `{\"a\":1}`, 1), string(request))
}

// What is not UTF-8 becomes a U+FFFD for each beginning of a character, as the Unicode Standard's table 3-8 has it.
func TestOriginal(t *testing.T) {
	n := normaliser(t, atNoon)
	for record, want := range map[string]string{
		"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A": "��" + "���" + "���" + "A",
		"\xed\xa0\x80\xed\xbf\xbfA":         "��" + "�" + "���" + "A",
		"\xf4\x91\x92\x93\xffA\x80\xbfB":    "�����A��B",
		"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA": "����A",
		"\xe2\x82":                          "�",
	} {
		request := n.AppendDeadLetter(nil, []byte(record), normalise.Source{}, "")
		_, _, document := lines(t, request)
		var letter struct{ Event struct{ Original string } }
		require.NoError(t, json.Unmarshal(document, &letter))
		require.Equal(t, want, letter.Event.Original, "%x", record)
	}
}

func TestLabelsOfReasons(t *testing.T) {
	n := normaliser(t, atNoon)
	for record, want := range map[string]string{
		"": "empty", "\xff": "not_utf8", "x": "not_json", strings.Repeat("[", 901): "too_deep", "]]]" + strings.Repeat("[", 901): "too_deep",
		strings.Repeat("[", 900): "not_json", strings.Repeat("[]", 901): "not_json", `{"":1}`: "bad_name",
		`{"message":{}}`: "not_one_value", `{"host":1}`: "not_an_object", "{}": "",
	} {
		_, result := n.Append(nil, []byte(record), normalise.Source{Index: "logs"})
		require.Equal(t, want, result.Dead, "%.20s", record)
	}
}

// An event in a usual form allocates nothing.
func TestAllocations(t *testing.T) {
	n := normaliser(t, atNoon)
	for _, name := range []string{"generator", "ecs", "zap", "pretty"} {
		record := []byte(records[name])
		var request []byte
		once := func() { request, _ = n.Append(request[:0], record, normalise.Source{Topic: "t", Index: "logs"}) }
		once()
		require.Zero(t, testing.AllocsPerRun(100, once), name)
	}
}

func TestNew(t *testing.T) {
	c, err := contract.Read()
	require.NoError(t, err)
	good := normalise.Options{Contract: c, RetentionDays: 1, DeadLetterIndex: "d", Now: time.Now}
	for _, change := range []struct {
		want string
		do   func(*normalise.Options)
	}{
		{"the retention is 0 days: set at least 1", func(o *normalise.Options) { o.RetentionDays = 0 }},
		{"the dead letters have no index: name one", func(o *normalise.Options) { o.DeadLetterIndex = "" }},
		{`the dead letters' index "\xff"`, func(o *normalise.Options) { o.DeadLetterIndex = "\xff" }},
		{"no clock", func(o *normalise.Options) { o.Now = nil }},
		{"the contract's depth is 0", func(o *normalise.Options) { o.Contract.Depth = 0 }},
		{"the contract's times have up to 16", func(o *normalise.Options) { o.Contract.SecondsDigits = [2]int{9, 16} }},
		{`the contract's dotted name "event" is not`, func(o *normalise.Options) { o.Contract.DottedNames = []string{"event"} }},
		{`the contract's anomalyObjects have "log"`, func(o *normalise.Options) { o.Contract.AnomalyObjects = []string{"log"} }},
		{`the contract's keyedObject "a.b" is not`, func(o *normalise.Options) { o.Contract.KeyedObject = "a.b" }},
	} {
		options := good
		change.do(&options)
		_, err := normalise.New(options)
		require.ErrorContains(t, err, change.want)
	}
	_, err = normalise.New(good)
	require.NoError(t, err)
}
