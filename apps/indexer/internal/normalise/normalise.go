// Package normalise makes of a Kafka record the document that docs/engines.md describes, or a dead letter, as two lines of
// a _bulk request.
package normalise

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	contract "sluice/charts/sluice/charts/lib"
)

// Source is where a record comes from, and where its document goes.
type Source struct {
	Topic     string
	Partition int32
	Offset    int64
	Time      time.Time // of the Kafka record; zero = it has none
	Index     string    // alias; the day is added
	Anomaly   bool      // a record of Spark's
}

// Options are what all records have in common.
type Options struct {
	Contract        contract.Contract
	RetentionDays   int // older events share one index
	DeadLetterIndex string
	Now             func() time.Time
}

// Result is what became of a record.
type Result struct {
	Dead string    // the metric's label of why it is no document; "" = it is one
	Time time.Time // @timestamp of the document; zero = undated (a wrong clock tells no delay), or a dead letter
}

// Normaliser keeps its buffers from one record to the next: each goroutine needs one of its own.
type Normaliser struct {
	rules
	reasons   [faults]string
	retention time.Duration
	letters   []byte // the dead letters' index as a JSON string
	now       func() time.Time

	alias  string // of the last record
	prefix []byte // the alias as the beginning of a JSON string

	decoder jsontext.Decoder
	input   bytes.Buffer
	scanned
	scratch []byte // texts without their escapes
	mended  []byte // a record that was not in one line of strict JSON
	stamp   []byte // @timestamp as a JSON string
	level   []byte // a level without a common name as a JSON string
	digest  []byte // the record's SHA-256 as a JSON string
	sum     [sha256.Size]byte
}

// New returns a Normaliser for the records of any source.
func New(o Options) (*Normaliser, error) {
	switch {
	case o.RetentionDays < 1:
		return nil, fmt.Errorf("the retention is %d days: set at least 1", o.RetentionDays)
	case o.DeadLetterIndex == "":
		return nil, errors.New("the dead letters have no index: name one")
	case o.Now == nil:
		return nil, errors.New("no clock")
	}
	rules, err := compile(o.Contract)
	if err != nil {
		return nil, err
	}
	letters, err := jsontext.AppendQuote(nil, o.DeadLetterIndex)
	if err != nil {
		return nil, fmt.Errorf("the dead letters' index %q: %w", o.DeadLetterIndex, err)
	}
	n := &Normaliser{rules: rules, retention: time.Duration(o.RetentionDays) * 24 * time.Hour, letters: letters, now: o.Now}
	r := o.Contract.Reasons
	n.reasons = [faults]string{
		empty: r.Empty, notUTF8: r.NotUTF8, tooDeep: r.TooDeep, notJSON: r.NotObject, badName: r.BadName, notObject: r.NotObjectMember, notValue: r.NotValue,
	}
	n.slots = make([]span, rules.slotCount)
	return n, nil
}

// Append appends the two lines of a _bulk request (create action, document or dead letter) for a record.
func (n *Normaliser) Append(dst, record []byte, s Source) ([]byte, Result) {
	n.scratch, n.digest = n.scratch[:0], n.digest[:0]
	root := n.logs
	if s.Anomaly {
		root = n.anomalies
	}
	body, fault := n.read(record, root)
	if fault == none {
		fault = n.fault()
	}
	if fault == none && !n.movable(body) {
		fault = notObject
	}
	if fault != none {
		return n.appendLetter(dst, record, s, n.reasons[fault]), Result{Dead: labels[fault]}
	}
	n.unfold(body)
	now := n.now()
	at := n.setTime(body, s.Time, now)
	n.setLevel(body)
	id := n.setID(body, record)
	n.setService(body)

	dst = append(dst, `{"create":{"_index":`...)
	dst = append(dst, n.aliasPrefix(s.Index)...)
	dated := n.inWindow(at, now)
	dst = appendDay(dst, at, dated)
	dst = append(dst, `,"_id":`...)
	dst = append(dst, id...)
	dst = append(dst, "}}\n"...)
	dst = n.appendDocument(dst, body)
	dst = append(dst, '\n')
	if !dated {
		return dst, Result{}
	}
	return dst, Result{Time: at}
}

// read scans the record, and what is unusual in it once more after it was mended. The spans of what it found are those
// of body.
func (n *Normaliser) read(record []byte, root *place) (body []byte, f fault) {
	body = trim(record)
	// A line end would end the document's line; it can only stand between two tokens.
	if bytes.IndexByte(body, '\n') < 0 && bytes.IndexByte(body, '\r') < 0 && n.scan(body, root) == nil {
		return body, none
	}
	switch {
	case len(record) == 0:
		return nil, empty
	case !utf8.Valid(record):
		return nil, notUTF8
	case deep(body, n.depth):
		return nil, tooDeep
	}
	n.mended = mend(n.mended[:0], body)
	body = n.mended
	err := n.scan(body, root)
	if errors.Is(err, jsontext.ErrDuplicateName) {
		if body, err = lastOfEachName(body); err == nil {
			err = n.scan(body, root)
		}
	}
	if err != nil {
		return nil, notJSON
	}
	return body, none
}

// trim cuts white space off, and the NULs that some senders end a record with.
func trim(record []byte) []byte {
	return bytes.TrimRight(bytes.TrimLeft(record, " \t\r\n"), " \t\r\n\x00")
}

// aliasPrefix returns the alias and a hyphen as a JSON string that has not ended yet.
func (n *Normaliser) aliasPrefix(alias string) []byte {
	if alias != n.alias || n.prefix == nil {
		quoted, err := jsontext.AppendQuote(n.prefix[:0], alias)
		if err != nil { // a configuration that Elasticsearch will refuse anyhow
			quoted, _ = jsontext.AppendQuote(n.prefix[:0], string(bytes.ToValidUTF8([]byte(alias), []byte("?"))))
		}
		n.alias, n.prefix = alias, append(quoted[:len(quoted)-1], '-')
	}
	return n.prefix
}

// setID sees that the event has an id, and returns the document's _id as a JSON string.
func (n *Normaliser) setID(body, record []byte) []byte {
	id := &n.sections[n.eventID.section].fields[n.eventID.field]
	value := n.value(body, id)
	if blank(value) {
		id.set = n.sha256(record)
		return id.set
	}
	if text, ok := n.text(value); ok && n.idLength[0] <= len(text) && len(text) <= n.idLength[1] && printable(text) {
		return value
	}
	return n.sha256(record)
}

func printable(text []byte) bool {
	for _, c := range text {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}

// sha256 returns the digest of the record as a JSON string: of the bytes, or of their hexadecimal digits where they are
// not UTF-8, for 0.1.0 had no other way.
func (n *Normaliser) sha256(record []byte) []byte {
	if len(n.digest) > 0 {
		return n.digest
	}
	if utf8.Valid(record) {
		n.sum = sha256.Sum256(record)
	} else {
		n.sum = sha256.Sum256(hex.AppendEncode(nil, record))
	}
	n.digest = append(hex.AppendEncode(append(n.digest, '"'), n.sum[:]), '"')
	return n.digest
}

func (n *Normaliser) setService(body []byte) {
	name := &n.sections[n.serviceName.section].fields[n.serviceName.field]
	if blank(n.value(body, name)) {
		name.set = n.unknownService
	}
}

// setLevel gives the level its common name. What is no text stays.
func (n *Normaliser) setLevel(body []byte) {
	field := &n.sections[n.logLevel.section].fields[n.logLevel.field]
	value := n.value(body, field)
	if blank(value) {
		value = nil
		for _, slot := range n.levelSlots {
			if other := n.slots[slot].of(body); len(other) > 2 && other[0] == '"' {
				value = other
				break
			}
		}
	}
	text, ok := n.text(value)
	if !ok {
		return
	}
	lower := n.lower(text)
	level, known := n.levels[string(lower)]
	if !known {
		n.level, _ = jsontext.AppendQuote(n.level[:0], lower) // it was read as JSON: it is UTF-8
		level = n.level
	}
	if !bytes.Equal(level, n.slots[field.slot].of(body)) {
		field.set = level
	}
}

// lower returns text in lower case; log levels are hardly ever more than ASCII.
func (n *Normaliser) lower(text []byte) []byte {
	from := len(n.scratch)
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return bytes.ToLower(bytes.ReplaceAll(text, []byte("İ"), []byte("i\u0307"))) // Go makes one character of it, Unicode two
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		n.scratch = append(n.scratch, c)
	}
	return n.scratch[from:]
}

// text returns a JSON string's text, if value is one.
func (n *Normaliser) text(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], true
	}
	from := len(n.scratch)
	n.scratch, _ = jsontext.AppendUnquote(n.scratch, value) // the scan has seen that it is a string
	return n.scratch[from:], true
}

// blank tells whether a value counts as missing.
func blank(value []byte) bool { return missing(value) || len(value) == 2 && value[0] == '"' }

// missing tells whether there is no value or null.
func missing(value []byte) bool { return len(value) == 0 || value[0] == 'n' }

// AppendDeadLetter appends the two lines of a _bulk request for a record that Elasticsearch has refused, with its reason.
func (n *Normaliser) AppendDeadLetter(dst, record []byte, s Source, reason string) []byte {
	n.digest = n.digest[:0]
	return n.appendLetter(dst, record, s, reason)
}

func (n *Normaliser) appendLetter(dst, record []byte, s Source, reason string) []byte {
	dst = append(dst, `{"create":{"_index":`...)
	dst = append(dst, n.letters...)
	dst = append(dst, `,"_id":`...)
	dst = append(dst, n.sha256(record)...)
	dst = append(dst, "}}\n"+`{"@timestamp":"`...)
	dst = appendTime(dst, n.now())
	dst = append(dst, `","kafka":{"topic":`...)
	dst = appendText(dst, []byte(s.Topic))
	dst = append(dst, `,"partition":`...)
	dst = strconv.AppendInt(dst, int64(s.Partition), 10)
	dst = append(dst, `,"offset":`...)
	dst = strconv.AppendInt(dst, s.Offset, 10)
	dst = append(dst, `},"event":{"original":`...)
	dst = appendText(dst, record)
	dst = append(dst, `},"bytes":"`...)
	dst = hex.AppendEncode(dst, record)
	dst = append(dst, `","error":{"message":`...)
	dst = appendText(dst, []byte(reason))
	return append(dst, "}}\n"...)
}
