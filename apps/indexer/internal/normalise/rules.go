package normalise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	contract "sluice/charts/sluice/charts/lib"
)

// place is a name of the contract, or a path of them: what its value has to be, and what is done with it.
type place struct {
	inner map[string]*place
	any   *place // of each member that is not in inner

	object bool // holds an object
	value  bool // holds one value
	single bool // holds one value or a list, but no object
	keyed  bool // its members are indexed by their keys

	slot    int  // where the span of its value is kept; -1 = nowhere
	section int  // the section that the object is; -1 = none
	left    bool // left out of the document, at the top
	ignored bool // nor are its contents looked at
}

func newPlace() *place { return &place{slot: -1, section: -1} }

// section is an object at the top of the record that members are set in.
type section struct {
	name   string
	key    []byte // as JSON, with its colon
	slot   int
	fields []field
}

// field is a member of a section that may be set.
type field struct {
	name   string
	key    []byte
	slot   int
	dotted int    // slot of {"event.id": …}; -1 = there is no such name
	set    []byte // its new value; nil = it stays
}

// at says which field of which section.
type at struct{ section, field int }

// rules is the contract in the form that a scan follows.
type rules struct {
	logs, anomalies *place // the record itself
	sections        []section
	slotCount       int

	eventID, eventOriginal, logLevel, serviceName at

	timeSlots  []int
	given      int // slot of @timestamp
	levelSlots []int
	levels     map[string][]byte // common name of each level and synonym, as JSON

	secondsDigits, millisecondsDigits, years, idLength [2]int

	unknownService []byte

	keyedObject            string
	keyedKey, unindexedKey []byte // as JSON, with a colon
	unindexed              int    // slot
	unindexedLabels        int
	depth                  int
	keyedBytes, keyedDepth int
}

const (
	timestamp     = "@timestamp"
	unindexedName = "unindexed"
)

func compile(c contract.Contract) (rules, error) {
	r := rules{
		logs: newPlace(), levels: map[string][]byte{},
		secondsDigits: c.SecondsDigits, millisecondsDigits: c.MillisecondsDigits, years: c.Years, idLength: c.IDLength,
		keyedObject: c.KeyedObject, depth: c.Depth, keyedBytes: c.KeyedBytes, keyedDepth: c.KeyedDepth,
	}
	if r.depth < 1 {
		return r, fmt.Errorf("the contract's depth is %d: it must be at least 1", r.depth)
	}
	if c.KeyedObject == "" || strings.Contains(c.KeyedObject, ".") {
		return r, fmt.Errorf("the contract's keyedObject %q is not a member of the record", c.KeyedObject)
	}
	// Longer numbers of seconds or milliseconds may not fit an int64.
	if r.secondsDigits[1] > 15 || r.millisecondsDigits[1] > 18 {
		return r, fmt.Errorf("the contract's times have up to %d and %d digits: at most 15 and 18 can be reckoned", r.secondsDigits[1], r.millisecondsDigits[1])
	}
	for level, synonyms := range c.Levels {
		for _, name := range append([]string{level}, synonyms...) {
			r.levels[name] = quote(level)
		}
	}
	r.unknownService = quote(c.UnknownService)
	r.keyedKey, r.unindexedKey = key(c.KeyedObject), key(unindexedName)

	for _, path := range c.Objects {
		r.logs.at(path).object = true
	}
	for _, path := range c.Values {
		r.logs.at(path).value = true
	}
	for _, path := range c.ListsOfValues {
		r.logs.at(path).single = true
	}
	r.logs.at(c.KeyedObject).keyed = true
	r.unindexed = r.keep(r.logs.at(unindexedName))
	r.unindexedLabels = r.keep(r.logs.at(unindexedName).at(c.KeyedObject))

	r.eventID = r.settable("event", "id")
	r.eventOriginal = r.settable("event", "original_timestamp")
	r.logLevel = r.settable("log", "level")
	r.serviceName = r.settable("service", "name")
	for _, path := range c.DottedNames {
		object, name, _ := strings.Cut(path, ".")
		if name == "" || strings.Contains(name, ".") {
			return r, fmt.Errorf("the contract's dotted name %q is not that of an object's member", path)
		}
		at := r.settable(object, name)
		dotted := newPlace()
		*dotted = *r.logs.at(path)
		dotted.slot, dotted.left = r.slot(), true
		r.logs.inner[path] = dotted
		r.sections[at.section].fields[at.field].dotted = dotted.slot
	}

	r.given = r.keep(r.logs.at(timestamp))
	for _, name := range c.TimeFields {
		r.timeSlots = append(r.timeSlots, r.keep(r.logs.member(name)))
	}
	for _, name := range c.LevelFields {
		if name != "log.level" {
			r.levelSlots = append(r.levelSlots, r.keep(r.logs.member(name)))
		}
	}
	for _, name := range c.DroppedNames {
		p := r.logs.member(name)
		p.left, p.ignored = true, true
	}

	// Spark's records have some objects more.
	r.anomalies = newPlace()
	*r.anomalies = *r.logs
	r.anomalies.inner = map[string]*place{}
	for name, p := range r.logs.inner {
		r.anomalies.inner[name] = p
	}
	for _, name := range c.AnomalyObjects {
		if r.logs.inner[name] != nil {
			return r, fmt.Errorf("the contract's anomalyObjects have %q, which log events have too", name)
		}
		p := r.anomalies.member(name)
		p.object, p.any = true, newPlace()
		p.any.value = true
	}
	return r, nil
}

// at returns the place of a path, and makes it if need be.
func (p *place) at(path string) *place {
	for name := range strings.SplitSeq(path, ".") {
		p = p.member(name)
	}
	return p
}

func (p *place) member(name string) *place {
	if p.inner == nil {
		p.inner = map[string]*place{}
	}
	if p.inner[name] == nil {
		p.inner[name] = newPlace()
	}
	return p.inner[name]
}

func (r *rules) slot() int {
	r.slotCount++
	return r.slotCount - 1
}

// keep has the span of the value kept, and returns the slot.
func (r *rules) keep(p *place) int {
	if p.slot < 0 {
		p.slot = r.slot()
	}
	return p.slot
}

// settable makes a field of a section of object's member.
func (r *rules) settable(object, name string) at {
	i := slices.IndexFunc(r.sections, func(s section) bool { return s.name == object })
	if i < 0 {
		i = len(r.sections)
		p := r.logs.at(object)
		p.section = i
		r.sections = append(r.sections, section{name: object, key: key(object), slot: r.keep(p)})
	}
	s := &r.sections[i]
	j := slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })
	if j < 0 {
		j = len(s.fields)
		s.fields = append(s.fields, field{name: name, key: key(name), slot: r.keep(r.logs.at(object + "." + name)), dotted: -1})
	}
	return at{i, j}
}

// quote returns a text of the contract as a JSON string.
func quote(text string) []byte {
	quoted, _ := jsontext.AppendQuote(nil, text) // the contract was read as YAML: it is UTF-8
	return quoted
}

func key(name string) []byte { return append(quote(name), ':') }
