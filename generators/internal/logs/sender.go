package logs

import (
	"context"
	"errors"
)

// Record is one event on its way.
type Record struct{ Key, Value []byte }

// Sender delivers records. It is safe for concurrent use.
type Sender interface {
	// Send blocks until every record is acknowledged or refused, or ctx ends. It returns the
	// records that were not acknowledged, in the same order (it may move them within the
	// slice), and why. The bytes of the records are not used after it returned, unless ctx
	// ended. An error that a retry can't mend is Permanent.
	//
	// While records are neither acknowledged nor refused it goes on trying, and calls late
	// every few seconds with their number and what it knows of the reason.
	Send(ctx context.Context, records []Record, late func(left int, reason error)) (unacknowledged []Record, err error)
}

// permanent marks an error that a retry can't mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks err as one that a retry can't mend.
func Permanent(err error) error { return permanent{err} }

func isPermanent(err error) bool { return errors.As(err, new(permanent)) }
