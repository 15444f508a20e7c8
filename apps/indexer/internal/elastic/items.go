package elastic

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Item is what came of one document.
type Item struct {
	Status int
	fault  jsontext.Value
}

// Fault is why Elasticsearch has refused a document.
type Fault struct {
	Type     string `json:"type"`
	Reason   string `json:"reason"`
	CausedBy *Fault `json:"caused_by"`
}

// Fault returns the reason, which is read only where it is wanted.
func (i Item) Fault() Fault {
	var f Fault
	if err := json.Unmarshal(i.fault, &f); err != nil {
		f.Reason = string(i.fault)
	}
	return f
}

// maxReason is how many characters of a reason are kept.
const maxReason = 1000

// String is "type: reason" of the fault and of what caused it.
func (f Fault) String() string {
	var s strings.Builder
	for at := &f; at != nil && s.Len() < 4*maxReason; at = at.CausedBy {
		if at != &f {
			s.WriteString(": ")
		}
		s.WriteString(at.Type)
		if at.Type != "" && at.Reason != "" {
			s.WriteString(": ")
		}
		s.WriteString(at.Reason)
	}
	characters := 0
	for i := range s.String() {
		if characters == maxReason {
			return s.String()[:i]
		}
		characters++
	}
	return s.String()
}

// Outcome is what is to be done about a document.
type Outcome int

// The outcomes of a document.
const (
	Created   Outcome = iota
	Duplicate         // there is a document of this _id already
	Rejected          // for ever: the document itself is at fault
	Again             // not now: Elasticsearch is at fault
)

// Outcome tells it by the item's status.
func (i Item) Outcome() Outcome {
	switch i.Status {
	case http.StatusOK, http.StatusCreated:
		return Created
	case http.StatusConflict:
		return Duplicate
	case http.StatusBadRequest:
		// The cluster has as many shards as it may: another index is what it refuses, not the document.
		if i.Fault().Type == "validation_exception" {
			return Again
		}
		return Rejected
	default:
		return Again
	}
}

// items reads answers into the same slice.
type items struct {
	answer struct {
		Items []struct {
			Create struct {
				Status int            `json:"status"`
				Error  jsontext.Value `json:"error"`
			} `json:"create"`
		} `json:"items"`
	}
	items []Item
}

func (a *items) read(text []byte) ([]Item, error) {
	a.answer.Items = a.answer.Items[:0]
	if err := json.Unmarshal(text, &a.answer); err != nil {
		return nil, fmt.Errorf("the answer of _bulk can't be read: %w", err)
	}
	a.items = a.items[:0]
	for _, item := range a.answer.Items {
		a.items = append(a.items, Item{item.Create.Status, item.Create.Error})
	}
	return a.items, nil
}
