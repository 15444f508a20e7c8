package logs

import (
	"fmt"
	"math"
	"slices"

	"sluice/internal/cli"
)

// MaxSize is the longest message in bytes that a Config may ask for.
const MaxSize = 16 << 20

// What Config.Fields may be.
const (
	FieldsAll = "all"
	FieldsFew = "few" // time, level and message, as short lines of a log are
)

// Config says which events a run makes.
type Config struct {
	Pace
	Services []string
	Levels   Mix
	Size     int // of each message in bytes; 0 = as long as its text
	// EventSize is that of each event's JSON in bytes, its message cut or filled up; 0 = as long as it is. One that is longer
	// without a message stays so.
	EventSize int
	Fields    string // FieldsAll or FieldsFew
	Seed      uint64 // the same seed gives the same texts; ids and times differ
	Burst     Burst
	RunID     string
	Host      string // host.name
	Workers   int    // that encode and send at the same time
	Batch     int    // the most events that a worker sends at once
}

// Validate tells the first setting that can't work, by its flag's name.
func (c Config) Validate() error {
	switch {
	case c.Rate < 0 || math.IsNaN(c.Rate) || math.IsInf(c.Rate, 0):
		return cli.Misusef("--rate is %v: set it to events per second, or 0 for as fast as possible", c.Rate)
	case c.Duration < 0:
		return cli.Misusef("--duration is %v: set it to a time such as 30s, or 0 for no end", c.Duration)
	case len(c.Services) == 0 || slices.Contains(c.Services, ""):
		return cli.Misusef("--services has an empty name: set it to names such as checkout,payment")
	case c.Levels.total() == 0:
		return cli.Misusef("--levels is empty: set it to weights such as info=85,warn=10,error=5")
	case c.Size < 0 || c.Size > MaxSize:
		return cli.Misusef("--size is %d: set it to message bytes from 1 to %d, or 0 for the text's own length", c.Size, MaxSize)
	case c.EventSize < 0 || c.EventSize > MaxSize:
		return cli.Misusef("--event-size is %d: set it to bytes of an event from 1 to %d, or 0 for its own length", c.EventSize, MaxSize)
	case c.Size > 0 && c.EventSize > 0:
		return cli.Misusef("--size is %d beside --event-size: set it to 0", c.Size)
	case c.Fields != FieldsAll && c.Fields != FieldsFew:
		return cli.Misusef("--fields is %q: set it to %s or %s", c.Fields, FieldsAll, FieldsFew)
	case c.RunID == "":
		return cli.Misusef("--run-id is empty: set it to a name for this run, or leave it out")
	case c.Workers < 1 || c.Workers > 64:
		return cli.Misusef("--workers is %d: set it to 1 to 64", c.Workers)
	case c.Batch < 1 || c.Batch > 10000:
		return cli.Misusef("--batch-size is %d: set it to 1 to 10000 events", c.Batch)
	}
	if err := c.Burst.validate(c.Services); err != nil {
		return cli.Misusef("%w", err)
	}
	return nil
}

func (b Burst) validate(services []string) error {
	switch {
	case b.Interval < 0:
		return fmt.Errorf("--burst-interval is %v: set it to a time such as 5m, or 0 for no bursts", b.Interval)
	case b.Interval == 0:
		return nil
	case b.Length <= 0 || b.Length > b.Interval:
		return fmt.Errorf("--burst-length is %v: set it above 0 and at most --burst-interval (%v)", b.Length, b.Interval)
	case !(b.Slowdown >= 1 && b.Slowdown <= 1000):
		return fmt.Errorf("--burst-slowdown is %v: set it to 1 (as fast as ever) to 1000", b.Slowdown)
	case b.Service != "" && !slices.Contains(services, b.Service):
		return fmt.Errorf("--burst-service %q is none of --services: set it to one of them", b.Service)
	}
	return nil
}
