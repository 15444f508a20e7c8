package normalise

import (
	"bytes"
	"strconv"
	"time"
)

// moment is what a text or a number says about the time.
type moment struct {
	known        bool
	far          bool // a year that is not reckoned with
	milliseconds int64
}

// setTime sets @timestamp, and returns it; zero for a year that is not reckoned with.
func (n *Normaliser) setTime(body []byte, kafka, now time.Time) time.Time {
	given := n.slots[n.given]
	var value []byte
	var m moment
	for _, slot := range n.timeSlots {
		value = n.slots[slot].of(body)
		if m = n.moment(value); m.known {
			if slot == n.given {
				given = span{}
			}
			break
		}
	}
	if value := given.of(body); !blank(value) {
		n.sections[n.eventOriginal.section].fields[n.eventOriginal.field].set = value
	}
	switch {
	case m.far:
		n.stamp = append(n.stamp[:0], value...)
		return time.Time{}
	case m.known:
		now = time.UnixMilli(m.milliseconds)
	// Of another year, it is none (zero), or no clock's.
	case n.reckoned(kafka.UTC().Year()):
		now = kafka
	}
	now = now.UTC().Truncate(time.Millisecond)
	n.stamp = append(appendTime(append(n.stamp[:0], '"'), now), '"')
	return now
}

func (n *Normaliser) reckoned(year int) bool { return n.years[0] <= year && year <= n.years[1] }

// moment reads RFC 3339, or seconds or milliseconds since 1970 as a number or a text.
func (n *Normaliser) moment(value []byte) moment {
	if len(value) == 0 {
		return moment{}
	}
	if value[0] == '"' {
		text, _ := n.text(value)
		if len(text) >= 20 && text[4] == '-' {
			return n.rfc3339(text)
		}
		whole, fraction, point := bytes.Cut(text, []byte("."))
		if !digits(whole) || point && !digits(fraction) {
			return moment{}
		}
		return n.since1970(text, len(whole), point)
	}
	if c := value[0]; c < '0' || c > '9' {
		return moment{}
	}
	if digits(value) {
		return n.since1970(value, len(value), false)
	}
	double, err := strconv.ParseFloat(string(value), 64)
	if err != nil || double >= 1e18 {
		return moment{}
	}
	whole := 1
	for rest := int64(double) / 10; rest > 0; rest /= 10 {
		whole++
	}
	return n.since1970(value, whole, true)
}

// since1970 reads a number that has so many digits before its decimal point.
func (n *Normaliser) since1970(number []byte, whole int, fraction bool) moment {
	seconds := n.secondsDigits[0] <= whole && whole <= n.secondsDigits[1]
	if !seconds && (whole < n.millisecondsDigits[0] || whole > n.millisecondsDigits[1]) {
		return moment{}
	}
	if !fraction {
		milliseconds := decimal(number)
		if seconds {
			milliseconds *= 1000
		}
		return moment{known: true, milliseconds: milliseconds}
	}
	double, err := strconv.ParseFloat(string(number), 64)
	if err != nil {
		return moment{}
	}
	if seconds {
		double *= 1000
	}
	// Logstash's script reckons the same. The conversion keeps arm64 from fusing multiplication and addition.
	return moment{known: true, milliseconds: int64(float64(double) + 0.5)}
}

// rfc3339 reads a time with its date and its zone: 2006-01-02T15:04:05.000Z.
func (n *Normaliser) rfc3339(text []byte) moment {
	if len(text) < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' {
		return moment{}
	}
	if !digits(text[0:4]) || !digits(text[5:7]) || !digits(text[8:10]) || !digits(text[11:13]) || !digits(text[14:16]) || !digits(text[17:19]) {
		return moment{}
	}
	year, month, day := int(decimal(text[0:4])), int(decimal(text[5:7])), int(decimal(text[8:10]))
	hour, minute, second := int(decimal(text[11:13])), int(decimal(text[14:16])), int(decimal(text[17:19]))
	if month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return moment{}
	}
	zone := text[19:]
	nanosecond := 0
	if zone[0] == '.' {
		length := 1
		for length < len(zone) && '0' <= zone[length] && zone[length] <= '9' {
			length++
		}
		if length < 2 || length > 10 {
			return moment{}
		}
		nanosecond = int(decimal(zone[1:length]))
		for range 10 - length {
			nanosecond *= 10
		}
		zone = zone[length:]
	}
	offset, ok := zoneOffset(zone)
	if !ok {
		return moment{}
	}
	at := time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC)
	if at.Day() != day { // a day that no month has
		return moment{}
	}
	if !n.reckoned(year) {
		return moment{known: true, far: true}
	}
	return moment{known: true, milliseconds: at.UnixMilli() - 60_000*int64(offset)}
}

// zoneOffset reads Z or +01:00, in minutes east of Greenwich.
func zoneOffset(zone []byte) (minutes int, ok bool) {
	if len(zone) == 1 && zone[0] == 'Z' {
		return 0, true
	}
	if len(zone) != 6 || zone[0] != '+' && zone[0] != '-' || zone[3] != ':' || !digits(zone[1:3]) || !digits(zone[4:6]) {
		return 0, false
	}
	hour, minute := int(decimal(zone[1:3])), int(decimal(zone[4:6]))
	if hour > 23 || minute > 59 {
		return 0, false
	}
	minutes = 60*hour + minute
	if zone[0] == '-' {
		minutes = -minutes
	}
	return minutes, true
}

func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

// decimal is the number that digits stand for.
func decimal(digits []byte) (number int64) {
	for _, c := range digits {
		number = 10*number + int64(c-'0')
	}
	return number
}

// inWindow tells whether a document of that time has an index of its day: others share one, or a sender with a wrong clock would make an
// index a day.
func (n *Normaliser) inWindow(at, now time.Time) bool {
	return !at.IsZero() && !at.Before(now.Add(-n.retention)) && !at.After(now.Add(24*time.Hour))
}

// appendDay ends the index's name, with its quote: the event's own day, so that it is the same when the record is read again.
func appendDay(dst []byte, at time.Time, dated bool) []byte {
	if !dated {
		return append(dst, `undated"`...)
	}
	year, month, day := at.Date()
	return append(dst, digit(year/1000), digit(year/100), digit(year/10), digit(year), '.',
		digit(int(month)/10), digit(int(month)), '.', digit(day/10), digit(day), '"')
}

// appendTime appends 2006-01-02T15:04:05.000Z; time's own AppendFormat takes three times as long.
func appendTime(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	millis := t.Nanosecond() / 1e6
	return append(dst,
		digit(year/1000), digit(year/100), digit(year/10), digit(year), '-', digit(int(month)/10), digit(int(month)), '-', digit(day/10), digit(day),
		'T', digit(hour/10), digit(hour), ':', digit(minute/10), digit(minute), ':', digit(second/10), digit(second),
		'.', digit(millis/100), digit(millis/10), digit(millis), 'Z')
}

// digit is the last one of n.
func digit(n int) byte { return '0' + byte(n%10) }
