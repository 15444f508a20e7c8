package logs

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// WriterSender writes each record's value as one line; the key is left out.
type WriterSender struct {
	mu  sync.Mutex
	out io.Writer
	buf []byte
}

// NewWriterSender returns a sender to out, which gets whole batches of lines at a time.
func NewWriterSender(out io.Writer) *WriterSender { return &WriterSender{out: out} }

// Send implements Sender. A failed write is permanent: part of it may have been written.
func (s *WriterSender) Send(_ context.Context, records []Record, _ func(int, error)) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf = s.buf[:0]
	for _, r := range records {
		s.buf = append(append(s.buf, r.Value...), '\n')
	}
	if _, err := s.out.Write(s.buf); err != nil {
		return records, Permanent(fmt.Errorf("cannot write events: %w", err))
	}
	return nil, nil
}
