// Package logs makes log events, numbers and paces them, and sees them delivered.
package logs

import (
	"strconv"
	"time"
)

// Event is one log event. Its JSON form is a nested ECS object (see AppendJSON).
type Event struct {
	Time     time.Time     // rendered in UTC with milliseconds
	ID       [16]byte      // a UUID
	Sequence uint64        // 0..N-1 without gaps in one run
	Duration time.Duration // of the request
	Level    Level
	Service  string
	Host     string
	Message  []byte
	TraceID  [16]byte
	RunID    string
	Method   string // of the HTTP request
	Status   int    // of the HTTP response
	Path     string // of the URL

	// Only rendered for LevelError and LevelFatal.
	ErrorType, ErrorMessage string
}

// AppendJSON appends e as one JSON object without a line end, and allocates nothing
// while dst has room. Every string may hold any bytes.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"@timestamp":"`...)
	dst = e.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	dst = append(dst, `","event":{"id":"`...)
	dst = appendUUID(dst, e.ID)
	dst = append(dst, `","sequence":`...)
	dst = strconv.AppendUint(dst, e.Sequence, 10)
	dst = append(dst, `,"duration":`...) // in nanoseconds, as ECS has it
	dst = strconv.AppendInt(dst, int64(e.Duration), 10)
	dst = append(dst, `},"log":{"level":"`...)
	dst = append(dst, e.Level.String()...)
	dst = append(dst, `"},"service":{"name":`...)
	dst = appendString(dst, e.Service)
	dst = append(dst, `},"host":{"name":`...)
	dst = appendString(dst, e.Host)
	dst = append(dst, `},"message":`...)
	dst = appendString(dst, e.Message)
	dst = append(dst, `,"trace":{"id":"`...)
	dst = appendHex(dst, e.TraceID[:])
	dst = append(dst, `"},"labels":{"run_id":`...)
	dst = appendString(dst, e.RunID)
	dst = append(dst, `},"http":{"request":{"method":`...)
	dst = appendString(dst, e.Method)
	dst = append(dst, `},"response":{"status_code":`...)
	dst = strconv.AppendInt(dst, int64(e.Status), 10)
	dst = append(dst, `}},"url":{"path":`...)
	dst = appendString(dst, e.Path)
	dst = append(dst, '}')
	if e.Level >= LevelError {
		dst = append(dst, `,"error":{"type":`...)
		dst = appendString(dst, e.ErrorType)
		dst = append(dst, `,"message":`...)
		dst = appendString(dst, e.ErrorMessage)
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func appendUUID(dst []byte, id [16]byte) []byte {
	dst = appendHex(dst, id[0:4])
	dst = append(dst, '-')
	dst = appendHex(dst, id[4:6])
	dst = append(dst, '-')
	dst = appendHex(dst, id[6:8])
	dst = append(dst, '-')
	dst = appendHex(dst, id[8:10])
	dst = append(dst, '-')
	return appendHex(dst, id[10:16])
}
