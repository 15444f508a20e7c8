// Package metrics simulates an HTTP service and measures it: the app-service.
package metrics

import (
	"time"

	"sluice/internal/cli"
)

// MaxRate is the largest Config.Rate: one core simulates it with ease.
const MaxRate = 5000

// Config says which traffic the service gets.
type Config struct {
	Rate       float64       // requests per second, as the mean over a day without spikes
	Day        time.Duration // length of the daily curve
	Seed       uint64
	Spikes     Episodes
	SpikeRatio float64  // the rate is multiplied by it in a spike
	Faults     Episodes // in each, one path fails and slows down
	FaultRatio float64  // share of that path's requests that fail, 0 to 1
	ErrorRatio float64  // share of all other requests that fail, 0 to 1
}

// Validate tells the first setting that can't work, by its flag's name.
func (c Config) Validate() error {
	switch {
	case !(c.Rate >= 0 && c.Rate <= MaxRate):
		return cli.Misusef("--rate is %v: set it to requests per second from 0 to %d", c.Rate, MaxRate)
	case c.Day < time.Second:
		return cli.Misusef("--day is %v: set it to at least 1s, such as 24h", c.Day)
	case !(c.SpikeRatio >= 1 && c.SpikeRatio <= 100):
		return cli.Misusef("--spike-ratio is %v: set it to a factor from 1 to 100", c.SpikeRatio)
	case !isShare(c.FaultRatio):
		return cli.Misusef("--fault-ratio is %v: set it to a share from 0 to 1", c.FaultRatio)
	case !isShare(c.ErrorRatio):
		return cli.Misusef("--error-ratio is %v: set it to a share from 0 to 1", c.ErrorRatio)
	}
	if err := c.Spikes.validate("spike"); err != nil {
		return err
	}
	return c.Faults.validate("fault")
}

func isShare(x float64) bool { return x >= 0 && x <= 1 }

func (e Episodes) validate(flag string) error {
	switch {
	case e.Interval < 0:
		return cli.Misusef("--%s-interval is %v: set it to a time such as 1h, or 0s for none", flag, e.Interval)
	case e.Interval > 0 && (e.Length <= 0 || e.Length > e.Interval):
		return cli.Misusef("--%s-length is %v: set it above 0s and at most --%s-interval (%v)", flag, e.Length, flag, e.Interval)
	}
	return nil
}
