// Package normalise is a placeholder of the interface until the branch contract-go is merged.
package normalise

import (
	"time"

	contract "sluice/charts/sluice/charts/lib"
)

// Source is where a record comes from, and where its document goes.
type Source struct {
	Topic     string
	Partition int32
	Offset    int64
	Time      time.Time
	Index     string
	Anomaly   bool
}

// Options are what all records have in common.
type Options struct {
	Contract        contract.Contract
	RetentionDays   int
	DeadLetterIndex string
	Now             func() time.Time
}

// Result tells what a record has become.
type Result struct {
	Dead string
	Time time.Time
}

// Normaliser is not written yet.
type Normaliser struct{}

// New is not written yet.
func New(Options) (*Normaliser, error) { return &Normaliser{}, nil }

// Append is not written yet.
func (n *Normaliser) Append(dst, record []byte, s Source) ([]byte, Result) { return dst, Result{} }

// AppendDeadLetter is not written yet.
func (n *Normaliser) AppendDeadLetter(dst, record []byte, s Source, reason string) []byte { return dst }
