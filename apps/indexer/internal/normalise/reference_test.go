package normalise_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sluice/apps/indexer/internal/normalise"
	contract "sluice/charts/sluice/charts/lib"
)

// reference is the contract once more, slow and plain: over maps, with encoding/json, regular expressions and time.Parse.
type reference struct {
	contract.Contract
	retention time.Duration
	now       time.Time
}

// expected is what has to become of a record.
type expected struct {
	dead      string
	index, id string
	document  map[string]any
}

func (r reference) of(record []byte, s normalise.Source) expected {
	document, dead := r.document(record, s.Anomaly)
	if dead != "" {
		return expected{dead: dead, index: "logs-dead-letter", id: digest(record)}
	}
	day := r.setTime(document, s.Time)
	r.setLevel(document)
	event := object(document, "event")
	id, isText := event["id"].(string)
	if event["id"] == nil || event["id"] == "" {
		id, isText = digest(record), true
		event["id"] = id
	}
	if !isText || len(id) < r.IDLength[0] || len(id) > r.IDLength[1] || strings.ContainsFunc(id, func(c rune) bool { return c < '!' || c > '~' }) {
		id = digest(record)
	}
	if service := object(document, "service"); service["name"] == nil || service["name"] == "" {
		service["name"] = r.UnknownService
	}
	return expected{index: s.Index + "-" + day, id: id, document: document}
}

func digest(record []byte) string {
	if !utf8.Valid(record) {
		record = []byte(hex.EncodeToString(record))
	}
	sum := sha256.Sum256(record)
	return hex.EncodeToString(sum[:])
}

// object returns a member that is an object, and makes it if need be.
func object(document map[string]any, name string) map[string]any {
	if document[name] == nil {
		document[name] = map[string]any{}
	}
	return document[name].(map[string]any)
}

// document reads a record, as far as it is one.
func (r reference) document(record []byte, anomaly bool) (document map[string]any, dead string) {
	switch {
	case len(record) == 0:
		return nil, r.Reasons.Empty
	case !utf8.Valid(record):
		return nil, r.Reasons.NotUTF8
	case levels(string(record)) > r.Depth:
		return nil, r.Reasons.TooDeep
	}
	decoder := json.NewDecoder(strings.NewReader(escaped(strings.TrimRight(string(record), " \t\r\n\x00"))))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, r.Reasons.NotObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, r.Reasons.NotObject
	}
	document, ok := value.(map[string]any)
	if !ok {
		return nil, r.Reasons.NotObject
	}
	for _, name := range r.DroppedNames {
		delete(document, name)
	}
	if hasInfinity(document) {
		return nil, r.Reasons.NotObject
	}
	if dead := r.check(document, anomaly); dead != "" {
		return nil, dead
	}
	for _, path := range r.DottedNames {
		name, inner, _ := strings.Cut(path, ".")
		dotted := document[path]
		delete(document, path)
		if dotted != nil && object(document, name)[inner] == nil {
			object(document, name)[inner] = dotted
		}
	}
	return document, r.moveLabels(document)
}

var controls = regexp.MustCompile(`(?s)\\.|[\x00-\x1f]`)

var quotedTexts = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"?`)

// levels counts objects and lists one within the other, outside of texts.
func levels(text string) (most int) {
	depth := 0
	for _, c := range quotedTexts.ReplaceAllString(text, "") {
		switch c {
		case '{', '[':
			depth++
		case '}', ']':
			depth = max(depth-1, 0)
		}
		most = max(most, depth)
	}
	return most
}

// escaped escapes the control characters in texts, but for those that a backslash is before.
func escaped(text string) string {
	return quotedTexts.ReplaceAllStringFunc(text, func(quoted string) string {
		return controls.ReplaceAllStringFunc(quoted, func(c string) string {
			if len(c) > 1 {
				return c
			}
			return fmt.Sprintf(`\u%04x`, c[0])
		})
	})
}

func hasInfinity(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), hasInfinity)
	case []any:
		return slices.ContainsFunc(v, hasInfinity)
	case json.Number:
		double, _ := v.Float64()
		return strings.ContainsAny(string(v), ".eE") && math.IsInf(double, 0)
	}
	return false
}

var refused = regexp.MustCompile(`\A_|\A\.|\.\.|\.\z|\A\z|(\A|\.)[ \t\r\n\f\v]+(\.|\z)`)

// check returns why Elasticsearch would refuse the document.
func (r reference) check(document map[string]any, anomaly bool) string {
	faults := map[string]bool{}
	values, objects := slices.Clone(r.Values), slices.Clone(r.Objects)
	inner := func(string) bool { return false } // a member of an object of the anomalies'
	if anomaly {
		objects = append(objects, r.AnomalyObjects...)
		inner = func(path string) bool {
			name, _, found := strings.Cut(path, ".")
			return found && slices.Contains(r.AnomalyObjects, name)
		}
	}
	var visit func(path string, value any)
	visit = func(path string, value any) {
		one := slices.Contains(values, path) || inner(path) && strings.Count(path, ".") == 1
		below := inner(path) && strings.Count(path, ".") > 1
		for _, name := range slices.Concat(values, r.ListsOfValues) {
			below = below || strings.HasPrefix(path, name+".")
		}
		if below || one && !single(value) {
			faults[r.Reasons.NotValue] = true
		}
		m, isObject := value.(map[string]any)
		if slices.Contains(objects, path) && value != nil && !isObject {
			faults[r.Reasons.NotObjectMember] = true
		}
		if slices.Contains(r.ListsOfValues, path) && holdsObject(value) {
			faults[r.Reasons.NotValue] = true
		}
		for name, value := range m {
			visit(path+"."+name, value)
		}
	}
	for name, value := range document {
		names(value, name, func(path string) {
			if refused.MatchString(path) {
				faults[r.Reasons.BadName] = true
			}
		})
		visit(name, value)
	}
	for _, reason := range []string{r.Reasons.BadName, r.Reasons.NotObjectMember, r.Reasons.NotValue} {
		if faults[reason] {
			return reason
		}
	}
	return ""
}

// holdsObject tells whether a value is an object, or a list with one in it.
func holdsObject(value any) bool {
	list, _ := value.([]any)
	_, isObject := value.(map[string]any)
	return isObject || slices.ContainsFunc(list, holdsObject)
}

// single tells whether a value is one, or a list of nothing.
func single(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return false
	case []any:
		for _, inner := range v {
			if _, isList := inner.([]any); !isList || !single(inner) {
				return false
			}
		}
	}
	return true
}

// names calls found with the path of each name.
func names(value any, path string, found func(path string)) {
	found(path)
	descend(value, path, found)
}

func descend(value any, path string, found func(path string)) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			names(inner, path+"."+name, found)
		}
	case []any:
		for i, inner := range v {
			descend(inner, path+"."+strconv.Itoa(i), found)
		}
	}
}

// moveLabels moves the labels that can't be indexed.
func (r reference) moveLabels(document map[string]any) (dead string) {
	moved := map[string]any{}
	for name, value := range document {
		if key, isLabel := strings.CutPrefix(name, r.KeyedObject+"."); isLabel && !r.indexable(key, value, strings.Count(key, ".")+1) {
			moved[key] = value
			delete(document, name)
		}
	}
	labels, _ := document[r.KeyedObject].(map[string]any)
	for key, value := range labels {
		if r.indexable(key, value, 1) {
			continue
		}
		if _, dotted := moved[key]; !dotted { // {"labels.key": …} counts
			moved[key] = value
		}
		delete(labels, key)
	}
	if len(moved) == 0 {
		return ""
	}
	outer, isObject := document["unindexed"].(map[string]any)
	if document["unindexed"] != nil && !isObject {
		return r.Reasons.NotObjectMember
	}
	if _, isObject := outer[r.KeyedObject].(map[string]any); outer[r.KeyedObject] != nil && !isObject {
		return r.Reasons.NotObjectMember
	}
	maps.Copy(object(object(document, "unindexed"), r.KeyedObject), moved)
	return ""
}

// indexable tells whether a label can be indexed: path leads to it, in so many objects.
func (r reference) indexable(path string, value any, level int) bool {
	if strings.Contains(path, "\x00") || level > r.KeyedDepth {
		return false
	}
	size := 0
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if !r.indexable(path+"."+name, inner, level+1) {
				return false
			}
		}
		return level+1 <= r.KeyedDepth
	case []any:
		for _, inner := range v {
			if !r.indexable(path, inner, level) {
				return false
			}
		}
		return true
	case string:
		if utf8.RuneCountInString(v) <= 1024 {
			size = len(v)
		}
	case nil:
	default:
		size = len(fmt.Sprint(v))
	}
	return len(path)+1+size <= r.KeyedBytes
}

func (r reference) setLevel(document map[string]any) {
	log, _ := document["log"].(map[string]any)
	level := log["level"]
	if level == nil || level == "" {
		level = nil
		for _, name := range r.LevelFields {
			if text, isText := document[name].(string); isText && text != "" && name != "log.level" {
				level = text
				break
			}
		}
	}
	text, isText := level.(string)
	if !isText {
		return
	}
	text = strings.ToLower(strings.ReplaceAll(text, "İ", "i\u0307"))
	for name, synonyms := range r.Levels {
		if slices.Contains(synonyms, text) {
			text = name
		}
	}
	object(document, "log")["level"] = text
}

// setTime sets @timestamp and returns the day.
func (r reference) setTime(document map[string]any, kafka time.Time) string {
	at, original := r.now, true
	if !kafka.IsZero() && kafka.UTC().Year() >= r.Years[0] && kafka.UTC().Year() <= r.Years[1] {
		at = kafka
	}
	far := ""
	for _, name := range r.TimeFields {
		found, text, ok := r.readTime(document[name])
		if !ok {
			continue
		}
		at, far, original = found, text, name != "@timestamp"
		break
	}
	if given := document["@timestamp"]; original && given != nil && given != "" {
		object(document, "event")["original_timestamp"] = given
	}
	if far != "" {
		document["@timestamp"] = far
		return "undated"
	}
	at = at.UTC().Truncate(time.Millisecond)
	document["@timestamp"] = at.Format("2006-01-02T15:04:05.000Z")
	if at.Before(r.now.Add(-r.retention)) || at.After(r.now.Add(24*time.Hour)) {
		return "undated"
	}
	return at.Format("2006.01.02")
}

var rfc3339 = regexp.MustCompile(`\A(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)\z`)

var decimal = regexp.MustCompile(`\A\d+(\.\d+)?\z`)

func (r reference) readTime(value any) (at time.Time, far string, ok bool) {
	var text string
	switch v := value.(type) {
	case string:
		text = v
	case json.Number:
		text = string(v)
		if strings.ContainsAny(text, ".eE") { // as Ruby writes it
			double, _ := v.Float64()
			if double < 0 || double >= 1e16 {
				return at, "", false
			}
			text = strconv.FormatFloat(double, 'f', -1, 64)
			if !strings.Contains(text, ".") {
				text += ".0"
			}
		}
	default:
		return at, "", false
	}
	if match := rfc3339.FindStringSubmatch(text); match != nil {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return at, "", false
		}
		if year, _ := strconv.Atoi(match[1]); year < r.Years[0] || year > r.Years[1] {
			return at, text, true
		}
		return at, "", true
	}
	for i, bounds := range [][2]int{r.SecondsDigits, r.MillisecondsDigits} {
		whole, _, _ := strings.Cut(text, ".")
		if decimal.MatchString(text) && bounds[0] <= len(whole) && len(whole) <= bounds[1] {
			double, _ := strconv.ParseFloat(text, 64)
			if i == 0 {
				double *= 1000
			}
			return time.UnixMilli(int64(math.Floor(double + 0.5))), "", true
		}
	}
	return at, "", false
}

// read reads a document as encoding/json does, with its numbers as they are written.
func read(document []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value map[string]any
	err := decoder.Decode(&value)
	return value, err
}
