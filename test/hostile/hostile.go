// Package hostile is the table of records that no sender should send, with the document that each engine has to
// make of each. It is one table for all engines: docs/engines.md says what they may differ in.
package hostile

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed hostile.json
var table []byte

// Case is one record, and what has to become of it.
type Case struct {
	Name    string
	Anomaly bool // sent to the topic of the anomalies
	Record  []byte
	// KafkaTime of the record, in milliseconds since 1970: 0 is the time of sending, -1 is none.
	KafkaTime int64

	Index    string // without the name of the alias: "-2026.01.31", "-undated", "-anomalies-…", "-dead-letter"
	ID       string
	Document map[string]any

	now   time.Time
	fixed bool // the same in every run: an engine may keep the document of an earlier one
}

// row is a case as it stands in the table. Only one of record, short, time and number is set: short, time and number
// are fields of an otherwise complete event.
type row struct {
	Name      string          `json:"name"`
	Anomaly   bool            `json:"anomaly"`
	KafkaTime string          `json:"kafka_time"` // -1 or a time
	Record    *string         `json:"record"`
	Short     json.RawMessage `json:"short"`
	Time      json.RawMessage `json:"time"`
	Number    string          `json:"number"`
	Pad       int             `json:"pad"`
	Nest      int             `json:"nest"`
	Index     string          `json:"index"`
	ID        string          `json:"id"`
	Document  json.RawMessage `json:"document"`
	Expect    json.RawMessage `json:"expect"`
	Dead      string          `json:"dead"`
	Original  *string         `json:"original"`
}

const layout = "2006-01-02T15:04:05.000Z"

// Load makes the cases of a run: its name is in each record that can hold it, its time in each that is recent.
func Load(run string, now time.Time) ([]Case, error) {
	var rows []row
	decoder := json.NewDecoder(bytes.NewReader(table))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rows); err != nil {
		return nil, fmt.Errorf("hostile.json: %w", err)
	}
	// A fraction that is no whole second, so that a lost one is seen.
	now = now.UTC().Truncate(time.Second).Add(123 * time.Millisecond)
	var cases []Case
	for i, r := range rows {
		c, err := r.build(fmt.Sprintf("%s-%d", run, i), now)
		if err != nil {
			return nil, fmt.Errorf("hostile.json, %s: %w", r.Name, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

func (r row) build(run string, now time.Time) (Case, error) {
	c := Case{Name: r.Name, Anomaly: r.Anomaly, now: now}
	fill := strings.NewReplacer(
		"<run>", run,
		"<now>", now.Format(layout),
		"<now-seconds>", now.Truncate(time.Second).Format(layout),
		"<zoned>", now.In(time.FixedZone("", 2*3600)).Format("2006-01-02T15:04:05.000-07:00"),
		"<nanos>", now.Add(456_789).Format("2006-01-02T15:04:05.000000000Z"),
		"<s>", fmt.Sprint(now.Unix()),
		"<s.ms>", fmt.Sprintf("%d.123", now.Unix()),
		"<ms>", fmt.Sprint(now.UnixMilli()),
		"<old>", now.AddDate(-2, 0, 0).Format(layout),
		"<future>", now.AddDate(0, 0, 10).Format(layout),
		"<soon>", now.Add(time.Hour).Format(layout),
		"<pad>", strings.Repeat("x", r.Pad),
		"<kana>", strings.Repeat("カ", r.Pad), // three bytes each
		"<thousand>", strings.Repeat("y", 1000),
		"<nest>", strings.Repeat(`{"a":`, r.Nest), // these two are never closed
		"<brackets>", strings.Repeat("[", r.Nest),
		`"<deep>"`, nested(r.Nest, objects, `"v"`),
		`"<deep-lists>"`, nested(r.Nest, lists, `"v"`),
		`"<deep-mixed>"`, nested(r.Nest, slices.Concat(lists, objects), `"v"`),
		`"<deep-empty>"`, nested(r.Nest-1, objects, "{}"),
		`"<deep-empty-lists>"`, nested(r.Nest-1, lists, "[]"),
		`"<wide>"`, "[0"+strings.Repeat(",[]", r.Nest)+"]",
		"<ff>", "\xff",
	).Replace
	switch r.KafkaTime {
	case "":
	case "-1":
		c.KafkaTime = -1
	default:
		at, err := time.Parse(time.RFC3339, fill(r.KafkaTime))
		if err != nil {
			return c, err
		}
		c.KafkaTime = at.UnixMilli()
	}

	document := r.Document
	switch {
	case r.Record != nil:
		c.Record = []byte(fill(*r.Record))
	case r.Number != "":
		c.Record = []byte(fill(fmt.Sprintf(`{"@timestamp":%s,"event":{"id":"<run>"},"service":{"name":"s"}}`, r.Number)))
	case r.Time != nil:
		c.Record = []byte(fill(`{"event":{"id":"<run>"},"service":{"name":"s"},` + strings.TrimPrefix(string(r.Time), "{")))
	default:
		c.Record = []byte(fill(`{"@timestamp":"<now>","event":{"id":"<run>"},"service":{"name":"s"},` + strings.TrimPrefix(string(r.Short), "{")))
	}
	c.fixed = !bytes.Contains(c.Record, []byte(run))
	sum := sha256.Sum256(c.Record)
	if !utf8.Valid(c.Record) {
		sum = sha256.Sum256([]byte(hex.EncodeToString(c.Record)))
	}
	digest := hex.EncodeToString(sum[:])

	switch {
	case r.Dead != "":
		original := string(c.Record)
		if r.Original != nil {
			original = fill(*r.Original)
		}
		c.Index, c.ID = "-dead-letter", digest
		c.Document = map[string]any{
			"@timestamp": "<recent>",
			"event":      map[string]any{"original": original},
			"bytes":      hex.EncodeToString(c.Record),
			"error":      map[string]any{"message": r.Dead},
		}
		return c, nil
	case document != nil:
		if err := decode([]byte(strings.ReplaceAll(fill(string(document)), "<sha256>", digest)), &c.Document); err != nil {
			return c, err
		}
		c.ID = strings.ReplaceAll(fill(r.ID), "<sha256>", digest)
	default:
		// The event that short, time and number are part of.
		c.ID = run
		c.Document = map[string]any{"@timestamp": now.Format(layout), "event": map[string]any{"id": run}, "service": map[string]any{"name": "s"}}
		var expect map[string]any
		if err := decode([]byte(fill(string(r.Expect))), &expect); err != nil {
			return c, err
		}
		merge(c.Document, expect)
	}
	switch r.Index {
	case "", "day":
		c.Index = "-" + c.day()
	case "anomalies-day":
		c.Index = "-anomalies-" + c.day()
	default:
		c.Index = "-" + r.Index
	}
	return c, nil
}

var (
	objects = []string{`{"a":`, "}"}
	lists   = []string{"[", "]"}
)

// nested puts levels around a value, of each kind in turn. A kind is how it opens and how it closes.
func nested(levels int, kinds []string, value string) string {
	var open, closed []string
	for i := range max(levels, 0) {
		kind := kinds[2*i%len(kinds):]
		open, closed = append(open, kind[0]), append(closed, kind[1])
	}
	slices.Reverse(closed)
	return strings.Join(open, "") + value + strings.Join(closed, "")
}

// day is the day of the expected @timestamp; of a recent one it is not yet known.
func (c Case) day() string {
	at, err := time.Parse(time.RFC3339, c.Document["@timestamp"].(string))
	if err != nil {
		return "<recent>"
	}
	return at.UTC().Format("2006.01.02")
}

// decode reads a document. Numbers are compared as doubles, for an engine may write them its own way (1e3, 1000.0); what
// no double can hold is compared by its digits.
func decode(content []byte, into *map[string]any) error {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	for key, value := range *into {
		(*into)[key] = doubles(value)
	}
	return nil
}

func doubles(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = doubles(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = doubles(inner)
		}
	case json.Number:
		if double, err := v.Float64(); err == nil {
			return double
		}
	}
	return value
}

func merge(into, from map[string]any) {
	for key, value := range from {
		inner, isMap := value.(map[string]any)
		outer, wasMap := into[key].(map[string]any)
		if isMap && wasMap {
			merge(outer, inner)
			continue
		}
		into[key] = value
	}
}

// Kafka is where the record of a dead letter came from. Check has seen that nothing is missing.
type Kafka struct {
	Topic     string `json:"topic"`
	Partition *int32 `json:"partition"`
	Offset    *int64 `json:"offset"`
}

// Check compares what an engine has made of the record: the index without the alias's name, the _id and the document.
// It returns the differences, and for a dead letter where it says that the record came from.
func (c Case) Check(index, id string, source []byte) (differences []string, from *Kafka) {
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	var got map[string]any
	if err := decode(source, &got); err != nil {
		differ("the document is no JSON object: %v", err)
		return differences, nil
	}
	want := map[string]any{}
	merge(want, c.Document)
	if c.Index == "-dead-letter" {
		origin, err := json.Marshal(got["kafka"])
		if err == nil {
			err = json.Unmarshal(origin, &from)
		}
		if err != nil || from == nil || from.Topic == "" || from.Partition == nil || from.Offset == nil {
			differ("kafka is %s: it must name topic, partition and offset", origin)
		}
		delete(got, "kafka")
	}
	if want["@timestamp"] == "<recent>" {
		text, _ := got["@timestamp"].(string)
		at, err := time.Parse(time.RFC3339, text)
		recent := at.After(c.now.Add(-15*time.Minute)) && at.Before(c.now.Add(15*time.Minute))
		if err != nil || !recent && !c.fixed {
			differ("@timestamp is %q, not a recent time", text)
		}
		want["@timestamp"] = got["@timestamp"]
		c.Index = strings.ReplaceAll(c.Index, "<recent>", at.UTC().Format("2006.01.02"))
	}
	if sameInstant(want["@timestamp"], got["@timestamp"]) { // Logstash writes every time its own way
		want["@timestamp"] = got["@timestamp"]
	}
	if index != c.Index {
		differ("it is in %q, not in %q", index, c.Index)
	}
	if id != c.ID {
		differ("its _id is %q, not %q", id, c.ID)
	}
	if !reflect.DeepEqual(want, got) {
		differ("the document is\n%s\nand should be\n%s", text(got), text(want))
	}
	return differences, from
}

func text(document any) string {
	content, err := json.Marshal(document)
	if err != nil {
		return err.Error()
	}
	if len(content) > 2000 {
		return string(content[:2000]) + "…"
	}
	return string(content)
}

func sameInstant(a, b any) bool {
	first, _ := a.(string)
	second, _ := b.(string)
	at, err := time.Parse(time.RFC3339, first)
	if err != nil {
		return false
	}
	other, err := time.Parse(time.RFC3339, second)
	return err == nil && at.Equal(other)
}
