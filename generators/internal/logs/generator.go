package logs

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Generator makes the events of a run. An event's content depends on the seed, its number
// and its time only, not on the generator that makes it, so that several generators can
// share a run. One generator is for one goroutine.
type Generator struct {
	cfg     Config
	start   time.Time // of the run, in which bursts recur
	keys    [][]byte  // of the services, in their order
	texts   texts
	weights int // of the levels, in all

	content *rand.PCG
	random  *rand.Rand
	ids     ids
	event   Event
	tail    []byte // reused from event to event
}

// NewGenerator returns a generator for a run that began at start; cfg must be valid.
func NewGenerator(cfg Config, start time.Time) *Generator {
	g := &Generator{
		cfg: cfg, start: start, texts: newTexts(),
		weights: int(cfg.Levels.total()),
		content: new(rand.PCG),
		ids:     newIDs(cfg.RunID, start),
		event:   Event{Host: cfg.Host, RunID: cfg.RunID, Few: cfg.Fields == FieldsFew},
	}
	g.random = rand.New(g.content)
	for _, service := range cfg.Services {
		g.keys = append(g.keys, []byte(service))
	}
	return g
}

// Append appends the event with the given number as JSON to dst, and returns the
// record key that goes with it. The key is not to be changed.
func (g *Generator) Append(dst []byte, sequence uint64, now time.Time) (value, key []byte) {
	g.content.Seed(g.cfg.Seed, scatter(sequence))

	service := g.below(len(g.cfg.Services))
	e := &g.event
	e.Time = now
	e.ID = g.ids.at(sequence)
	e.Sequence = sequence
	e.Service = g.cfg.Services[service]
	e.Level = g.cfg.Levels.pick(uint32(g.below(g.weights)))
	e.Duration = requestDuration(g.random)
	if failing, burst := g.cfg.Burst.serviceAt(now.Sub(g.start), g.cfg.Services); burst && failing == e.Service {
		e.Level = max(e.Level, LevelError)
		e.Duration = time.Duration(float64(e.Duration) * g.cfg.Burst.Slowdown)
	}
	binary.BigEndian.PutUint64(e.TraceID[:8], g.content.Uint64())
	binary.BigEndian.PutUint64(e.TraceID[8:], g.content.Uint64())
	e.Method = choose(g, g.texts.methods)
	e.Path = choose(g, g.texts.paths)
	e.Status = choose(g, g.texts.statuses[e.Level])
	f := choose(g, g.texts.failures)
	e.ErrorType, e.ErrorMessage = f.kind, f.message
	e.Message = g.appendMessage(e.Message[:0])
	if g.cfg.EventSize > 0 {
		return g.appendSized(dst), g.keys[service]
	}
	return e.AppendJSON(dst), g.keys[service]
}

// appendSized appends the event with as much of a message as makes it EventSize bytes long.
func (g *Generator) appendSized(dst []byte) []byte {
	begin := len(dst)
	dst = g.event.appendHead(dst)
	g.tail = g.event.appendTail(g.tail[:0])
	room := g.cfg.EventSize - (len(dst) - begin) - len(`""`) - len(g.tail)
	dst = append(dst, '"')
	end := len(dst) + max(0, room)
	dst = g.fill(append(dst, g.event.Message...), end) // its texts need no escapes
	dst = append(dst, '"')
	return append(dst, g.tail...)
}

func (g *Generator) appendMessage(dst []byte) []byte {
	e := &g.event
	dst = append(dst, choose(g, g.texts.byLevel[e.Level])...)
	dst = append(dst, ": "...)
	dst = append(dst, e.Method...)
	dst = append(dst, ' ')
	dst = append(dst, e.Path...)
	dst = append(dst, " status="...)
	dst = appendStatus(dst, e.Status)
	dst = append(dst, " duration_ms="...)
	dst = strconv.AppendInt(dst, e.Duration.Milliseconds(), 10)
	if g.cfg.Size == 0 {
		return dst
	}
	return g.fill(dst, g.cfg.Size)
}

// fill makes the text that long, in place if it has the room: a text of this package, in which each byte is a character.
func (g *Generator) fill(text []byte, size int) []byte {
	text = append(text, ' ')
	text = slices.Grow(text, max(0, size-len(text)+len(g.texts.filler)))
	for len(text) < size {
		text = append(text, g.texts.filler...)
	}
	return text[:size]
}

// Durations are log-normal: half of the requests take longer than the median, one in twenty 2.7 times as long.
const (
	medianDuration  = 20 * time.Millisecond
	durationSpread  = 0.6
	longestDuration = time.Minute
)

func requestDuration(r *rand.Rand) time.Duration {
	return min(time.Duration(float64(medianDuration)*math.Exp(durationSpread*r.NormFloat64())), longestDuration)
}

func choose[T any](g *Generator, from []T) T { return from[g.below(len(from))] }

// below is a random number from 0 to n-1. rand's own IntN draws again for what a product of 64 bits has not shared out evenly.
func (g *Generator) below(n int) int {
	high, _ := bits.Mul64(g.content.Uint64(), uint64(n))
	return int(high)
}

// scatter spreads neighbouring numbers over the whole range (SplitMix64), so that
// neighbouring events have nothing in common.
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
