package logs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Level is an event's severity, the least first.
type Level uint8

// The levels, in the order of their severity.
const (
	LevelDebug Level = iota
	LevelInfo
	LevelWarn
	LevelError
	LevelFatal
	levelCount
)

func levelNames() [levelCount]string { return [...]string{"debug", "info", "warn", "error", "fatal"} }

// String is the level's name in log.level.
func (l Level) String() string { return levelNames()[l] }

// Mix is how often each level occurs: weights, in any unit.
type Mix [levelCount]uint32

// ParseMix reads "info=85,warn=10,error=5"; a level that is not named does not occur.
func ParseMix(s string) (Mix, error) {
	var mix Mix
	names := levelNames()
	for part := range strings.SplitSeq(s, ",") {
		name, weight, found := strings.Cut(strings.TrimSpace(part), "=")
		level := slices.Index(names[:], name)
		if level < 0 {
			return Mix{}, fmt.Errorf("unknown level %q: the levels are %s", name, strings.Join(names[:], ", "))
		}
		n, err := strconv.ParseUint(weight, 10, 16)
		if !found || err != nil {
			return Mix{}, fmt.Errorf("level %s needs a weight from 0 to 65535, as in %s=10", name, name)
		}
		mix[level] = uint32(n)
	}
	if mix.total() == 0 {
		return Mix{}, fmt.Errorf("at least one level needs a weight above 0")
	}
	return mix, nil
}

func (m Mix) total() uint32 {
	var sum uint32
	for _, weight := range m {
		sum += weight
	}
	return sum
}

// pick turns n, uniform in [0, total), into a level.
func (m Mix) pick(n uint32) Level {
	for level, weight := range m {
		if n < weight {
			return Level(level)
		}
		n -= weight
	}
	return LevelFatal
}
