package verify

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"sluice/internal/figures"
)

// document is one search hit of an event.
type document struct {
	id       string // its index and Elasticsearch's _id
	sequence int64
	at       time.Time // the event's @timestamp
}

// arrivals keeps account of which of the events 0..n-1 have become searchable.
type arrivals struct {
	ids        []string // by sequence; "" while not seen
	lowest     int64    // the lowest sequence not seen
	distinct   int64
	documents  int64          // calls of add
	duplicates map[int64]bool // sequences that two documents carry
	strays     map[int64]bool // sequences outside 0..n-1
	latencies  []time.Duration
	first      time.Time
	last       time.Time
}

func newArrivals(n int) *arrivals {
	return &arrivals{ids: make([]string, n), duplicates: map[int64]bool{}, strays: map[int64]bool{}}
}

// add notes a document that was searchable at the time seen; the same document may come again.
func (a *arrivals) add(d document, seen time.Time) {
	a.documents++
	if d.sequence < 0 || d.sequence >= int64(len(a.ids)) {
		a.strays[d.sequence] = true
		return
	}
	switch a.ids[d.sequence] {
	case d.id:
		return
	case "":
	default:
		a.duplicates[d.sequence] = true
		return
	}
	a.ids[d.sequence] = d.id
	a.distinct++
	a.latencies = append(a.latencies, seen.Sub(d.at))
	if a.first.IsZero() {
		a.first = seen
	}
	a.last = seen
	for a.lowest < int64(len(a.ids)) && a.ids[a.lowest] != "" {
		a.lowest++
	}
}

func (a *arrivals) complete() bool { return a.distinct == int64(len(a.ids)) }

// missing are the sequences that have not been seen.
func (a *arrivals) missing() []int64 {
	var sequences []int64
	for sequence, id := range a.ids {
		if id == "" {
			sequences = append(sequences, int64(sequence))
		}
	}
	return sequences
}

// percentile is the smallest latency that p (0 to 1) of the events do not exceed.
func (a *arrivals) percentile(p float64) time.Duration {
	if len(a.latencies) == 0 {
		return 0
	}
	slices.Sort(a.latencies)
	return a.latencies[max(0, int(math.Ceil(p*float64(len(a.latencies))))-1)]
}

// ranges writes sequences as "17, 120-418", at most eight of them.
func ranges(sequences []int64) string {
	slices.Sort(sequences)
	const most = 8
	var parts []string
	for i := 0; i < len(sequences); {
		j := i
		for j+1 < len(sequences) && sequences[j+1] == sequences[j]+1 {
			j++
		}
		if len(parts) == most {
			return strings.Join(parts, ", ") + fmt.Sprintf(" and %s more", figures.Thousands(int64(len(sequences)-i)))
		}
		if i == j {
			parts = append(parts, fmt.Sprint(sequences[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", sequences[i], sequences[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
