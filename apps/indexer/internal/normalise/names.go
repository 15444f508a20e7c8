package normalise

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// named finds out where the value of a name stands, and whether Elasticsearch takes the name.
func (n *Normaliser) named(at *spot, raw []byte, where span, parent *spot) {
	top := len(n.frames) == 1
	if top {
		n.members = append(n.members, member{name: where})
	}
	if parent.place != nil && parent.place.ignored {
		at.place = parent.place
		return
	}
	name := raw[1 : len(raw)-1]
	escaped := bytes.IndexByte(raw, '\\') >= 0
	if escaped {
		n.scratch, _ = jsontext.AppendUnquote(n.scratch[:0], raw) // the decoder has seen that it is a string
		name = n.scratch
	}
	if parent.place != nil {
		if p := parent.place.inner[string(name)]; p != nil {
			at.place, at.slot = p, p.slot
			if top {
				n.members[len(n.members)-1].place = p
			}
			return
		}
	}
	bad, dotted := look(name)
	n.found[badName] = n.found[badName] || bad || top && name[0] == '_'
	switch {
	case parent.path >= 0:
		n.key(at, name, where, parent, escaped)
	case parent.place == nil:
	case dotted:
		n.walk(at, name, parent.place, escaped)
	default:
		at.place = parent.place.any
	}
}

// look tells whether a name has a part that is empty or blank, and whether it has several parts.
func look(name []byte) (bad, dotted bool) {
	blank := true
	for _, c := range name {
		switch c {
		case '.':
			bad, dotted, blank = bad || blank, true, true
		case ' ', '\t', '\n', '\v', '\f', '\r':
		default:
			blank = false
		}
	}
	return bad || blank, dotted
}

// key notes a key in the keyed object, at any depth.
func (n *Normaliser) key(at *spot, name []byte, where span, parent *spot, escaped bool) {
	at.path, at.level = len(name), parent.level
	if parent.level == 1 {
		at.label = true
		n.keyed = append(n.keyed, label{name: where, top: -1})
	} else {
		at.path += parent.path + 1
	}
	n.checkKey(name, escaped)
}

// checkKey sees whether a key can be indexed at all. How long it may be depends on the value.
func (n *Normaliser) checkKey(name []byte, escaped bool) {
	if escaped && bytes.IndexByte(name, 0) >= 0 {
		n.move()
	}
}

// walk follows a name with dots in it, which Elasticsearch takes for a path.
func (n *Normaliser) walk(at *spot, name []byte, p *place, escaped bool) {
	for rest := name; ; {
		part, after, more := bytes.Cut(rest, []byte("."))
		next := p.inner[string(part)]
		if next == nil {
			next = p.any
		}
		if next == nil || next.ignored {
			return
		}
		if !more {
			at.place = next
			return
		}
		switch {
		case next.value, next.single:
			n.found[notValue] = true
			return
		case next.keyed:
			at.path, at.level, at.label = len(after), 1+bytes.Count(after, []byte(".")), true
			last := len(n.members) - 1
			n.keyed = append(n.keyed, label{name: n.members[last].name, prefix: len(name) - len(after), top: last})
			n.checkKey(after, escaped)
			if at.level > n.keyedDepth {
				n.move()
			}
			return
		}
		p, rest = next, after
	}
}
