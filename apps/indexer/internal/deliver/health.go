package deliver

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// pulse tells that the loops move.
type pulse struct {
	polled   atomic.Int64 // when the poller went round last
	worked   atomic.Int64 // when a request was begun, sent or answered last
	answered atomic.Int64 // when Elasticsearch answered last
}

const (
	pollStuck = time.Minute
	// workStuck is longer than a request and the wait after it.
	workStuck = 3 * time.Minute
)

func (p *pulse) polls() { p.polled.Store(time.Now().UnixNano()) }
func (p *pulse) works() { p.worked.Store(time.Now().UnixNano()) }
func (p *pulse) hears() { p.answered.Store(time.Now().UnixNano()) }

func since(nanoseconds int64) time.Duration {
	return time.Since(time.Unix(0, nanoseconds))
}

// Healthy tells whether the loops move: only a restart would help, if they don't.
func (l *Pipeline) Healthy() error {
	polled := l.p.polled.Load()
	if polled == 0 {
		return nil // not started yet
	}
	if idle := since(polled); idle > pollStuck {
		return fmt.Errorf("the poller has not moved for %v", idle.Round(time.Second))
	}
	if idle := since(l.p.worked.Load()); l.p.budget.inUse() > 0 && idle > workStuck {
		return fmt.Errorf("documents wait, but no sender has moved for %v", idle.Round(time.Second))
	}
	return nil
}

// answered is how long an answer of Elasticsearch counts.
const answered = 10 * time.Second

// Ready tells whether this member has joined the group and Elasticsearch answers.
func (l *Pipeline) Ready() error {
	if !l.group.joined.Load() {
		return errors.New("the consumer group is not joined yet")
	}
	if since(l.p.answered.Load()) < answered {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := l.options.Elastic.Ping(ctx); err != nil {
		return fmt.Errorf("no answer of Elasticsearch: %w", err)
	}
	l.p.hears()
	return nil
}
