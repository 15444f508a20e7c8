package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"sluice/bench/internal/consumers"
)

const (
	firstPort    = 18080
	look         = 100 * time.Millisecond // between two looks at Elasticsearch
	firstTimeout = 90 * time.Second       // until the first document
	stillTimeout = 20 * time.Second       // without another document: what is missing is lost
	joinTimeout  = time.Minute
	stopTimeout  = time.Minute
)

// measure lets processes of the consumer read the topic until the index has all documents, or gets no more of them. fill, if
// there is one, fills the topic when all processes wait for it.
func (r *runner) measure(ctx context.Context, c consumers.Consumer, t topic, count int, fill func() error) (result consumers.Result, err error) {
	r.measured++
	name := fmt.Sprintf("%s-%d", r.id, r.measured)
	index, group := consumers.IndexPrefix(r.index)+"-"+name, "bench-indexer-"+name
	dir := r.dir + "/" + name
	result = consumers.Result{Peer: c.Name, Partitions: t.partitions, Processes: count, Events: t.events}
	before, err := r.elastic.cpu(ctx)
	if err != nil {
		return result, err
	}
	var processes []*process
	defer func() {
		for _, p := range processes {
			p.kill()
		}
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		r.cluster.forget(after, group)
		err = errors.Join(err, r.elastic.remove(after, index), os.RemoveAll(dir))
	}()
	began := time.Now()
	for i := range count {
		own := fmt.Sprintf("%s/%d", dir, i)
		if err := os.MkdirAll(own, 0o755); err != nil {
			return result, err
		}
		command, err := c.Command(consumers.Job{
			Brokers: r.brokers, Topic: t.name, Group: group, Elasticsearch: r.elastic.url, Index: index, Dir: own, Port: firstPort + i,
		})
		if err != nil {
			return result, err
		}
		p, err := start(command)
		if err != nil {
			return result, err
		}
		processes = append(processes, p)
	}
	if fill != nil {
		if err := r.cluster.joined(ctx, group, count); err != nil {
			return result, withOutput(err, processes)
		}
		for _, p := range processes {
			if err := p.idle(); err != nil {
				return result, err
			}
		}
		if before, err = r.elastic.cpu(ctx); err != nil {
			return result, err
		}
		began = time.Now()
		if err := fill(); err != nil {
			return result, err
		}
	}
	if err := r.watch(ctx, &result, index, began, processes); err != nil {
		return result, withOutput(err, processes)
	}
	for _, p := range processes {
		child, err := p.stop()
		if err != nil {
			return result, err
		}
		result.CPUSeconds += child.CPUSeconds
		result.Memory = append(result.Memory, float64(child.MaxMemory))
	}
	if result.Indexed, err = r.elastic.count(ctx, index); err != nil {
		return result, err
	}
	// With what an index needs until its documents can be found.
	after, err := r.elastic.cpu(ctx)
	if err != nil {
		return result, err
	}
	result.ElasticsearchCPU = after - before
	written, refused, err := r.elastic.written(ctx, index)
	if err != nil {
		return result, err
	}
	result.Again = written + refused - result.Indexed
	if result.Distinct, err = r.elastic.distinct(ctx, index); err != nil {
		return result, err
	}
	if result.Lost() != 0 || result.Doubled() != 0 {
		fmt.Fprintf(os.Stderr, "%s: %d events, %d documents, %d distinct ones\n%s\n", c.Name, result.Events, result.Indexed, result.Distinct, output(processes))
	}
	return result, nil
}

// watch looks until all documents are written, or no more come.
func (r *runner) watch(ctx context.Context, result *consumers.Result, index string, began time.Time, processes []*process) error {
	var at watched
	for ; ; time.Sleep(look) {
		written, refused, err := r.elastic.written(ctx, index)
		if err != nil {
			return err
		}
		done := at.look(time.Since(began), written, refused, result.Events)
		if done {
			result.First, result.Seconds, result.Rate = at.first.Seconds(), at.last.Seconds(), at.rate()
			return nil
		}
		if at.firstCount == 0 && time.Since(began) > firstTimeout {
			return fmt.Errorf("no document is written within %s", firstTimeout)
		}
		for _, p := range processes {
			if err := p.alive(); err != nil {
				return err
			}
		}
	}
}

// watched is what was seen of an index that fills.
type watched struct {
	first, last           time.Duration // of the first documents seen, and of the last
	firstCount, lastCount int64
	refused               int64
}

// look takes what a look has found, and tells whether it was the last one.
func (w *watched) look(at time.Duration, written, refused, want int64) bool {
	if written > 0 && w.firstCount == 0 {
		w.first, w.firstCount = at, written
	}
	if written > w.lastCount || refused > w.refused {
		w.last, w.lastCount, w.refused = at, written, refused
	}
	return written >= want || w.firstCount > 0 && at-w.last > stillTimeout
}

// rate is in documents a second, from the first ones seen to the last.
func (w *watched) rate() float64 {
	if w.last == w.first { // all were there at the first look
		return float64(w.lastCount) / w.last.Seconds()
	}
	return float64(w.lastCount-w.firstCount) / (w.last - w.first).Seconds()
}

func withOutput(err error, processes []*process) error {
	return fmt.Errorf("%w\n%s", err, output(processes))
}

func output(processes []*process) string {
	var all strings.Builder
	for _, p := range processes {
		all.WriteString(p.printed.text())
	}
	return all.String()
}
