package deliver

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"
)

// fakeElastic keeps documents as Elasticsearch does: created once, then 409.
type fakeElastic struct {
	*httptest.Server

	mu        sync.Mutex
	documents map[string]string // "index/id" to the document
	requests  int
	largest   int
	doubled   int // documents that came again
	keys      []string

	// request answers a whole request, if it returns true. It gets the request's number from 1.
	request func(w http.ResponseWriter, number int, body []byte) bool
	// root answers what is no bulk request, if it returns true.
	root func(w http.ResponseWriter) bool
	// item returns another status than 201, or 0, and why.
	item func(index, id, document string) (status int, fault string)
}

func newElastic(t testing.TB) *fakeElastic {
	e := &fakeElastic{documents: map[string]string{}}
	e.Server = httptest.NewServer(e)
	t.Cleanup(func() {
		e.CloseClientConnections()
		e.Close()
	})
	return e
}

func (e *fakeElastic) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/_bulk" {
		if e.root != nil && e.root(w) {
			return
		}
		fmt.Fprint(w, `{}`)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e.mu.Lock()
	e.requests++
	number, request := e.requests, e.request
	e.largest = max(e.largest, len(body))
	e.mu.Unlock()
	if request != nil && request(w, number, body) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var items []string
	failed := false
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		var action struct {
			Create struct {
				Index string `json:"_index"`
				ID    string `json:"_id"`
			} `json:"create"`
		}
		if err := json.Unmarshal([]byte(lines[i]), &action); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		index, id := action.Create.Index, action.Create.ID
		status, fault := 0, ""
		if e.item != nil {
			status, fault = e.item(index, id, lines[i+1])
		}
		key := index + "/" + id
		if status == 0 {
			status = http.StatusCreated
			if _, found := e.documents[key]; found {
				e.doubled++
				status, fault = http.StatusConflict, `{"type":"version_conflict_engine_exception","reason":"[1]: version conflict, document already exists"}`
			} else {
				e.documents[key] = lines[i+1]
				e.keys = append(e.keys, key)
			}
		}
		if fault == "" {
			items = append(items, fmt.Sprintf(`{"create":{"status":%d}}`, status))
		} else {
			failed = true
			items = append(items, fmt.Sprintf(`{"create":{"status":%d,"error":%s}}`, status, fault))
		}
	}
	fmt.Fprintf(w, `{"errors":%t,"items":[%s]}`, failed, strings.Join(items, ","))
}

func (e *fakeElastic) set(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

func (e *fakeElastic) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.documents)
}

func (e *fakeElastic) get(key string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.documents[key]
}

// has tells how many documents of an index are there.
func (e *fakeElastic) has(index string) (n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key := range e.documents {
		if strings.HasPrefix(key, index+"/") {
			n++
		}
	}
	return n
}

func answer(w http.ResponseWriter, status int, text string) bool {
	w.WriteHeader(status)
	_, _ = io.Copy(w, bytes.NewReader([]byte(text)))
	return true
}
