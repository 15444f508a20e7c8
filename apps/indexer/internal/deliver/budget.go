package deliver

import (
	"context"
	"sync"
)

// budget bounds the bytes in flight: while it is spent, nothing more is read.
type budget struct {
	limit int

	mu    sync.Mutex
	used  int
	freed chan struct{} // closed and replaced when used shrinks
}

func newBudget(limit int) *budget { return &budget{limit: limit, freed: make(chan struct{})} }

// take waits until the budget isn't spent, then takes n, which may be more than is left.
func (b *budget) take(ctx context.Context, n int) error {
	for {
		b.mu.Lock()
		if b.used < b.limit {
			b.used += n
			b.mu.Unlock()
			return nil
		}
		freed := b.freed
		b.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// add changes what is taken by n, without waiting.
func (b *budget) add(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += n
	if n < 0 {
		close(b.freed)
		b.freed = make(chan struct{})
	}
}

func (b *budget) inUse() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// idle waits until nothing is in flight.
func (b *budget) idle(ctx context.Context) error {
	for {
		b.mu.Lock()
		used, freed := b.used, b.freed
		b.mu.Unlock()
		if used == 0 {
			return nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
