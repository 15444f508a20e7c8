package normalise

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// lastOfEachName returns body without the members whose names come again in the same object.
func lastOfEachName(body []byte) ([]byte, error) {
	again, err := comeAgain(body)
	if err != nil {
		return nil, err
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	var out bytes.Buffer
	e := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.PreserveRawStrings(true))
	for {
		name := nameNext(d)
		switch d.PeekKind() {
		case '{', '}', '[', ']':
			token, err := d.ReadToken()
			if err != nil {
				return nil, err
			}
			if err := e.WriteToken(token); err != nil {
				return nil, err
			}
		default:
			value, err := d.ReadValue()
			if errors.Is(err, io.EOF) {
				return bytes.TrimSpace(out.Bytes()), nil
			}
			if err != nil {
				return nil, err
			}
			if name && again[d.InputOffset()] {
				if err := d.SkipValue(); err != nil {
					return nil, err
				}
				continue
			}
			if err := e.WriteValue(value); err != nil {
				return nil, err
			}
		}
	}
}

// comeAgain returns where the names end that come again in the same object.
func comeAgain(body []byte) (map[int64]bool, error) {
	again := map[int64]bool{}
	var objects []map[string]int64 // where each name of the objects that have not ended yet was seen last
	d := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	for {
		name := nameNext(d)
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return again, nil
		}
		if err != nil {
			return nil, err
		}
		switch {
		case token.Kind() == '{':
			objects = append(objects, map[string]int64{})
		case token.Kind() == '}':
			objects = objects[:len(objects)-1]
		case name:
			seen := objects[len(objects)-1]
			if end, ok := seen[token.String()]; ok {
				again[end] = true
			}
			seen[token.String()] = d.InputOffset()
		}
	}
}

// nameNext tells whether the next text is a name.
func nameNext(d *jsontext.Decoder) bool {
	kind, length := d.StackIndex(d.StackDepth())
	return kind == '{' && length%2 == 0
}
