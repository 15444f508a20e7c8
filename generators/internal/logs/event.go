// Package logs makes log events, numbers and paces them, and sees them delivered.
package logs

import (
	"encoding/binary"
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

	Few bool // only time, level and message are rendered

	// What one event has in common with the next, rendered with the JSON around it: the events of a batch have one time.
	stamped     time.Time
	stamp       []byte
	host, runID quoted
}

// AppendJSON appends e as one JSON object without a line end, and allocates nothing
// while dst has room. Every string may hold any bytes.
func (e *Event) AppendJSON(dst []byte) []byte {
	dst = e.appendHead(dst)
	dst = appendString(dst, e.Message)
	return e.appendTail(dst)
}

// appendHead appends what is before the message.
func (e *Event) appendHead(dst []byte) []byte {
	if !e.Time.Equal(e.stamped) || e.stamp == nil {
		e.stamped = e.Time
		e.stamp = append(appendTime(append(e.stamp[:0], `{"@timestamp":"`...), e.Time), `","`...)
	}
	dst = append(dst, e.stamp...)
	if e.Few {
		dst = append(dst, `log":{"level":"`...)
		dst = append(dst, e.Level.String()...)
		return append(dst, `"},"message":`...)
	}
	dst = append(dst, `event":{"id":"`...)
	dst = appendUUID(dst, e.ID)
	dst = append(dst, `","sequence":`...)
	dst = strconv.AppendUint(dst, e.Sequence, 10)
	dst = append(dst, `,"duration":`...) // in nanoseconds, as ECS has it
	dst = strconv.AppendInt(dst, int64(e.Duration), 10)
	dst = append(dst, `},"log":{"level":"`...)
	dst = append(dst, e.Level.String()...)
	dst = append(dst, `"},"service":{"name":`...)
	dst = appendString(dst, e.Service)
	return e.host.append(dst, `},"host":{"name":`, e.Host, `},"message":`)
}

// appendTail appends what is behind the message.
func (e *Event) appendTail(dst []byte) []byte {
	if e.Few {
		return append(dst, '}')
	}
	dst = append(dst, `,"trace":{"id":"`...)
	dst = appendHex(dst, e.TraceID)
	dst = e.runID.append(dst, `"},"labels":{"run_id":`, e.RunID, `},"http":{"request":{"method":`)
	dst = appendString(dst, e.Method)
	dst = append(dst, `},"response":{"status_code":`...)
	dst = appendStatus(dst, e.Status)
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
	dst = append(dst, "00000000-0000-0000-0000-000000000000"...)
	text := dst[len(dst)-36:]
	second, third := hex(id[4:8]), hex(id[8:12])
	binary.LittleEndian.PutUint64(text[0:], hex(id[0:4]))
	binary.LittleEndian.PutUint32(text[9:], uint32(second))
	binary.LittleEndian.PutUint32(text[14:], uint32(second>>32))
	binary.LittleEndian.PutUint32(text[19:], uint32(third))
	binary.LittleEndian.PutUint32(text[24:], uint32(third>>32))
	binary.LittleEndian.PutUint64(text[28:], hex(id[12:16]))
	return dst
}

func appendHex(dst []byte, id [16]byte) []byte {
	for i := 0; i < len(id); i += 4 {
		dst = binary.LittleEndian.AppendUint64(dst, hex(id[i:i+4]))
	}
	return dst
}

// appendTime appends 2006-01-02T15:04:05.000Z; time's own AppendFormat takes three times as long.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	}
	hour, minute, second := t.Clock()
	millis := t.Nanosecond() / 1e6
	return append(dst,
		digit(year/1000), digit(year/100), digit(year/10), digit(year), '-', digit(int(month)/10), digit(int(month)), '-', digit(day/10), digit(day),
		'T', digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute), ':', digit(second/10), digit(second),
		'.', digit(millis/100), digit(millis/10), digit(millis), 'Z')
}

// appendStatus appends an HTTP status, without the way through an array that strconv takes.
func appendStatus(dst []byte, status int) []byte {
	if status < 100 || status > 999 {
		return strconv.AppendInt(dst, int64(status), 10)
	}
	return append(dst, digit(status/100), digit(status/10), digit(status))
}

// digit is the last one of n.
func digit(n int) byte { return '0' + byte(n%10) }
