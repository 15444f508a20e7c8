package normalise

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// value returns what a field has once {"event.id": …} counts as {"event": {"id": …}}.
func (n *Normaliser) value(body []byte, f *field) []byte {
	if f.set != nil {
		return f.set
	}
	return n.slots[f.slot].of(body)
}

// unfold sets the fields that stand in the record under their dotted names only.
func (n *Normaliser) unfold(body []byte) {
	for i := range n.sections {
		for j := range n.sections[i].fields {
			f := &n.sections[i].fields[j]
			if f.dotted < 0 {
				continue
			}
			if dotted := n.slots[f.dotted].of(body); !missing(dotted) && missing(n.slots[f.slot].of(body)) {
				f.set = dotted
			}
		}
	}
}

// appendDocument appends the record with what was set in it. All else is copied byte for byte.
func (n *Normaliser) appendDocument(dst, body []byte) []byte {
	dst = append(dst, '{')
	first := len(dst)
	for i := range n.members {
		m := &n.members[i]
		if m.moved || m.place != nil && m.place.left {
			continue
		}
		if len(dst) > first {
			dst = append(dst, ',')
		}
		p := m.place
		switch {
		case p == nil:
			dst = append(dst, body[m.name.start:m.value.end]...)
		case p.slot == n.given:
			dst = append(dst, body[m.name.start:m.value.start]...)
			dst = append(dst, n.stamp...)
		case p.section >= 0:
			dst = append(dst, body[m.name.start:m.value.start]...)
			dst = n.appendSection(dst, body, &n.sections[p.section])
		case p.keyed && n.moved > 0 && body[m.value.start] == '{':
			dst = append(dst, body[m.name.start:m.value.start]...)
			dst = n.appendLabels(dst, body, false)
		case p.slot == n.unindexed && n.moved > 0:
			dst = append(dst, body[m.name.start:m.value.start]...)
			dst = n.appendUnindexed(dst, body)
		default:
			dst = append(dst, body[m.name.start:m.value.end]...)
		}
	}
	if n.slots[n.given].end == 0 {
		dst = comma(dst, first)
		dst = append(append(dst, `"@timestamp":`...), n.stamp...)
	}
	for i := range n.sections {
		if s := &n.sections[i]; n.slots[s.slot].end == 0 && s.changed() {
			dst = append(comma(dst, first), s.key...)
			dst = n.appendSection(dst, body, s)
		}
	}
	if n.moved > 0 && n.slots[n.unindexed].end == 0 {
		dst = append(comma(dst, first), n.unindexedKey...)
		dst = n.appendUnindexed(dst, body)
	}
	return append(dst, '}')
}

// comma appends one if there is a member since first.
func comma(dst []byte, first int) []byte {
	if len(dst) > first {
		return append(dst, ',')
	}
	return dst
}

func (s *section) changed() bool {
	for i := range s.fields {
		if s.fields[i].set != nil {
			return true
		}
	}
	return false
}

// appendSection appends an object with its fields as they were set.
func (n *Normaliser) appendSection(dst, body []byte, s *section) []byte {
	object := n.slots[s.slot]
	if !s.changed() {
		return append(dst, object.of(body)...)
	}
	if missing(object.of(body)) {
		object = span{}
	}
	// Fields that are there, from the first one on.
	dst = append(dst, '{')
	first := len(dst)
	if object.end > 0 {
		from := object.start + 1
		for {
			next := (*field)(nil)
			for i := range s.fields {
				if f := &s.fields[i]; f.set != nil && n.slots[f.slot].start >= from && (next == nil || n.slots[f.slot].start < n.slots[next.slot].start) {
					next = f
				}
			}
			if next == nil {
				break
			}
			at := n.slots[next.slot]
			dst = append(append(dst, body[from:at.start]...), next.set...)
			from = at.end
		}
		dst = append(dst, bytes.TrimRight(body[from:object.end-1], " \t")...)
	}
	// And those that are not.
	for i := range s.fields {
		if f := &s.fields[i]; f.set != nil && n.slots[f.slot].end == 0 {
			dst = append(append(comma(dst, first), f.key...), f.set...)
		}
	}
	return append(dst, '}')
}

// appendLabels appends an object of the labels that can be indexed, or of those that can't.
func (n *Normaliser) appendLabels(dst, body []byte, moved bool) []byte {
	dst = append(dst, '{')
	first := len(dst)
	for i := range n.keyed {
		if l := &n.keyed[i]; l.moved == moved && l.top < 0 {
			dst = append(comma(dst, first), body[l.name.start:l.value.end]...)
		}
	}
	if moved { // of the same key {"labels.a": …} counts, being last
		for i := range n.keyed {
			if l := &n.keyed[i]; l.moved && l.top >= 0 {
				name, _ := jsontext.AppendUnquote(nil, l.name.of(body)) // the scan has read it
				dst, _ = jsontext.AppendQuote(comma(dst, first), name[l.prefix:])
				dst = append(append(dst, ':'), l.value.of(body)...)
			}
		}
	}
	return append(dst, '}')
}

// appendUnindexed appends what the record has in there, with the labels that can't be indexed. Of a key that is in both
// the label counts.
func (n *Normaliser) appendUnindexed(dst, body []byte) []byte {
	labels := n.appendLabels(nil, body, true)
	had := n.slots[n.unindexedLabels]
	if inner := had.of(body); !missing(inner) {
		labels = join(inner, labels)
	}
	object := append(append([]byte{'{'}, n.keyedKey...), labels...)
	object = append(object, '}')
	if outer := n.slots[n.unindexed].of(body); !missing(outer) {
		object = join(outer, object)
	}
	object, _ = lastOfEachName(object) // of JSON that was read
	return append(dst, object...)
}

// join makes one object of the members of two.
func join(a, b []byte) []byte {
	a, b = bytes.TrimSpace(a[1:len(a)-1]), bytes.TrimSpace(b[1:len(b)-1])
	object := append([]byte{'{'}, a...)
	object = append(comma(object, 1), b...)
	return append(object, '}')
}

// movable tells whether labels that can't be indexed have where to go.
func (n *Normaliser) movable(body []byte) bool {
	if n.moved == 0 {
		return true
	}
	outer, inner := n.slots[n.unindexed].of(body), n.slots[n.unindexedLabels].of(body)
	return (missing(outer) || outer[0] == '{') && (missing(inner) || inner[0] == '{')
}
