package elastic

import (
	"io"
	"sync"
)

// body is a request's body over a buffer that is used again. The transport may read on after it has
// answered, so release takes the buffer away from it.
type body struct {
	shared *buffer
	next   int
}

type buffer struct {
	mu   sync.Mutex
	text []byte
}

func newBody(text []byte) *body { return &body{shared: &buffer{text: text}} }

// again returns the same body from its start.
func (b *body) again() *body { return &body{shared: b.shared} }

func (b *body) release() {
	b.shared.mu.Lock()
	b.shared.text = nil
	b.shared.mu.Unlock()
}

func (b *body) Read(p []byte) (int, error) {
	b.shared.mu.Lock()
	defer b.shared.mu.Unlock()
	if b.next >= len(b.shared.text) {
		return 0, io.EOF
	}
	n := copy(p, b.shared.text[b.next:])
	b.next += n
	return n, nil
}

func (b *body) Close() error { return nil }
