package normalise

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// span is a part of the record. The zero value is none.
type span struct{ start, end int }

func (s span) of(body []byte) []byte { return body[s.start:s.end] }

// scanned is what a scan has found out about a record.
type scanned struct {
	found
	slots   []span // of the values that the rules need
	members []member
	keyed   []label
	moved   int // how many of keyed can't be indexed
	frames  []spot
}

// member is one of the record's own members.
type member struct {
	name, value span
	place       *place
	moved       bool // a label that can't be indexed
}

// label is a key of the keyed object with its value. It may be a member of the record: {"labels.a": …}.
type label struct {
	name, value span
	prefix      int // bytes of the name before the key
	top         int // which member of the record it is; -1 = it stands in the keyed object
	moved       bool
}

// spot is where a value stands. As a frame it is that of an object or a list that has not ended yet.
type spot struct {
	place  *place // nil = the contract does not name it
	slot   int    // where its span is kept; -1 = nowhere
	path   int    // bytes of the keys that lead to it from the keyed object, which has 0; -1 = it is not in there
	level  int    // how many objects it is in, from the keyed object on
	list   bool   // it is in a list
	label  bool   // it is a label's value
	object bool
	start  int
}

var (
	errTooDeep   = errors.New("too deep")
	errNotObject = errors.New("not one object")
)

// scan reads body, which must be one object of strict JSON without a name twice. It finds what the rules need, and the
// faults that are none of JSON's.
func (n *Normaliser) scan(body []byte, root *place) error {
	n.found = found{}
	clear(n.slots)
	n.members, n.keyed, n.moved, n.frames = n.members[:0], n.keyed[:0], 0, n.frames[:0]
	for i := range n.sections {
		for j := range n.sections[i].fields {
			n.sections[i].fields[j].set = nil
		}
	}
	n.input = *bytes.NewBuffer(body)
	d := &n.decoder
	d.Reset(&n.input)
	if d.PeekKind() != '{' {
		return errNotObject
	}
	if err := n.open(spot{place: root, slot: -1, path: -1}, '{'); err != nil {
		return err
	}
	for len(n.frames) > 0 {
		parent := &n.frames[len(n.frames)-1]
		kind := d.PeekKind()
		if kind == '}' || kind == ']' {
			if _, err := d.ReadToken(); err != nil {
				return err
			}
			ended := *parent
			n.frames = n.frames[:len(n.frames)-1]
			n.ended(&ended, span{ended.start, int(d.InputOffset())})
			continue
		}
		at := spot{slot: -1, path: -1}
		if parent.object {
			name, err := d.ReadValue()
			if err != nil {
				return err
			}
			end := int(d.InputOffset())
			n.named(&at, name, span{end - len(name), end}, parent)
			kind = d.PeekKind()
		} else {
			at = spot{place: parent.place, slot: -1, path: parent.path, level: parent.level, list: true}
		}
		if kind == '{' || kind == '[' {
			if err := n.open(at, kind); err != nil {
				return err
			}
			continue
		}
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		n.scalar(&at, value)
		end := int(d.InputOffset())
		n.ended(&at, span{end - len(value), end})
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return errNotObject
	}
	return nil
}

// open begins an object or a list.
func (n *Normaliser) open(at spot, kind jsontext.Kind) error {
	if len(n.frames) >= n.depth {
		return errTooDeep
	}
	if _, err := n.decoder.ReadToken(); err != nil {
		return err
	}
	at.object, at.start = kind == '{', int(n.decoder.InputOffset())-1
	if at.path >= 0 && at.object {
		if at.level++; at.level > n.keyedDepth {
			n.move()
		}
	}
	if p := at.place; p != nil && !p.ignored {
		switch {
		case p.value:
			if at.object {
				n.found[notValue], at.place = true, nil
			}
		case at.object && p.keyed:
			at.path, at.level = 0, 1
		case at.object && p.single:
			n.found[notValue], at.place = true, nil
		case !at.object:
			n.found[notObject] = n.found[notObject] || p.object
			if !p.single {
				at.place = nil // what is in a list has no name
			}
		}
	}
	n.frames = append(n.frames, at)
	return nil
}

// scalar looks at a text, a number, a truth value or null.
func (n *Normaliser) scalar(at *spot, value []byte) {
	p := at.place
	if p != nil && p.ignored {
		return
	}
	if c := value[0]; (c == '-' || '0' <= c && c <= '9') && infinite(value) {
		n.found[notJSON] = true // and not at once: the name may come again
	}
	if p != nil {
		n.found[notValue] = n.found[notValue] || p.value && at.list
		n.found[notObject] = n.found[notObject] || p.object && value[0] != 'n'
	}
	if at.path >= 0 && at.path+1+len(value) > n.keyedBytes && at.path+1+n.indexed(value) > n.keyedBytes {
		n.move()
	}
}

// infinite tells whether a number is too large for a double, which is what most programs read it as. A whole number may
// have any number of digits.
func infinite(number []byte) bool {
	if len(number) < 300 && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0 {
		return false
	}
	if !bytes.ContainsAny(number, ".eE") {
		return false
	}
	double, _ := strconv.ParseFloat(string(number), 64)
	return math.IsInf(double, 0)
}

// indexed returns how many bytes of a label's value are indexed: a text of more than 1,024 characters is not.
func (n *Normaliser) indexed(value []byte) int {
	text, ok := n.text(value)
	switch {
	case !ok && value[0] == 'n':
		return 0
	case !ok:
		return len(value)
	case utf8.RuneCount(text) > 1024:
		return 0
	default:
		return len(text)
	}
}

// move has the last label moved to where it is not indexed.
func (n *Normaliser) move() {
	l := &n.keyed[len(n.keyed)-1]
	if l.moved {
		return
	}
	l.moved = true
	n.moved++
	if l.top >= 0 {
		n.members[l.top].moved = true
	}
}

// ended notes where a value is. Its object or list is the last frame now.
func (n *Normaliser) ended(at *spot, value span) {
	if at.slot >= 0 {
		n.slots[at.slot] = value
	}
	if at.label {
		n.keyed[len(n.keyed)-1].value = value
	}
	if len(n.frames) == 1 {
		n.members[len(n.members)-1].value = value
	}
}
