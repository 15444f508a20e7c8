package deliver

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"sluice/apps/indexer/internal/elastic"
)

// Reasons of dead letters that only Elasticsearch's answer gives.
const (
	Refused  = "refused"
	TooLarge = "too_large"
)

// sender sends batches, one at a time. What has failed waits elsewhere, so that it holds up no sender.
type sender struct {
	*pipeline
	normaliser Normaliser
	bulk       *elastic.Bulk
}

func (s *sender) run() {
	for {
		select {
		case b := <-s.ready:
			s.send(b)
		case <-s.working.Done():
			return
		}
	}
}

// send does one request and takes care of each document.
func (s *sender) send(b *batch) {
	s.works()
	defer s.works()
	answer, err := s.bulk.Send(s.working, b.body)
	s.metrics.bulk(answer.Status, err, len(b.body))
	switch {
	case s.working.Err() != nil && err != nil:
		return // whether it arrived is not known, so nothing of it is committed
	case err != nil:
		s.failed(b, "Elasticsearch gives no answer", slog.String("error", err.Error()), "error", 0)
	case answer.Created:
		s.hears()
		s.created(b)
	case answer.Status == http.StatusOK && len(answer.Items) == len(b.items):
		s.hears()
		s.sort(b, answer.Items)
	case answer.Status == http.StatusOK:
		s.failed(b, "Elasticsearch's answer is incomplete",
			slog.String("error", fmt.Sprintf("%d results for %d documents", len(answer.Items), len(b.items))), "error", 0)
	case answer.Status == http.StatusRequestEntityTooLarge, answer.Status == http.StatusBadRequest:
		s.split(b, answer)
	default:
		s.failed(b, "Elasticsearch refuses a request", reply(answer), strconv.Itoa(answer.Status), answer.RetryAfter)
	}
}

func reply(answer elastic.Answer) slog.Attr {
	return slog.Group("answer", slog.Int("status", answer.Status), slog.String("text", string(answer.Body[:min(len(answer.Body), 300)])))
}

// created counts a whole batch as kept.
func (s *sender) created(b *batch) {
	s.metrics.created(b.items, time.Now())
	for rest := b.items; len(rest) > 0; {
		c, n := rest[0].chunk, 1
		for n < len(rest) && rest[n].chunk == c {
			n++
		}
		rest = rest[n:]
		c.keep(n)
	}
	s.finish(b)
}

// sort does to each document what its own result demands.
func (s *sender) sort(b *batch, results []elastic.Item) {
	now := time.Now()
	again, dead := new(batch), new(batch)
	for i, result := range results {
		it := &b.items[i]
		switch outcome := result.Outcome(); {
		case outcome == elastic.Created:
			s.metrics.created(b.items[i:i+1], now)
			it.chunk.keep(1)
		case outcome == elastic.Duplicate:
			s.metrics.duplicates.Inc()
			it.chunk.keep(1)
		case outcome == elastic.Rejected && it.dead == "":
			s.bury(dead, it, Refused, result.Fault().String())
		default:
			s.metrics.retried(strconv.Itoa(result.Status), 1)
			s.complain(it, result)
			again.copyItem(b, i)
		}
	}
	if len(dead.items) > 0 {
		s.later(dead, 0)
	}
	if len(again.items) > 0 {
		again.attempts = b.attempts + 1
		s.later(again, backoff(again.attempts))
	}
	s.finish(b)
}

// complain logs why a document is sent once more. A dead letter that is refused is an error: it is the last resort.
func (s *sender) complain(it *item, result elastic.Item) {
	level, text := slog.LevelWarn, "Elasticsearch does not take a document now"
	if it.dead != "" {
		level, text = slog.LevelError, "Elasticsearch does not take a dead letter: it is sent again until it does"
	}
	if s.quiet.allow(text) {
		s.log.Log(s.working, level, text, "topic", it.chunk.partition.topic.name, "partition", it.chunk.partition.id,
			"offset", it.record.Offset, "status", result.Status, "reason", result.Fault().String())
	}
}

// bury makes a dead letter of a document that was refused.
func (s *sender) bury(into *batch, it *item, reason, message string) {
	from := len(into.body)
	record := ownRecord(it.record)
	into.body = s.normaliser.AppendDeadLetter(into.body, record.Value, it.source(), message)
	into.add(item{chunk: it.chunk, record: record, from: from, dead: reason})
}

// cut makes a dead letter of a record that is too large even on its own. It holds half of what the one before it held.
func (s *sender) cut(into *batch, it *item) {
	kept := it.kept / 2
	if it.kept == 0 {
		kept = len(it.record.Value) / 2
	}
	for kept > 0 && !utf8.RuneStart(it.record.Value[kept]) {
		kept--
	}
	record := ownRecord(it.record)
	message := fmt.Sprintf("the record has %d bytes, which is more than Elasticsearch takes: these are the first %d", len(record.Value), kept)
	into.body = s.normaliser.AppendCutDeadLetter(into.body, record.Value, kept, it.source(), message)
	into.add(item{chunk: it.chunk, record: record, dead: TooLarge, kept: kept})
}

// split sends the halves of a request that is too large or can't be read on their own. A document that fails alone becomes a dead
// letter, and a dead letter that is too large is cut until it fits.
func (s *sender) split(b *batch, answer elastic.Answer) {
	status := strconv.Itoa(answer.Status)
	it := &b.items[0]
	parts := []*batch{new(batch)}
	switch {
	case len(b.items) > 1:
		s.metrics.retried(status, len(b.items))
		parts = append(parts, new(batch))
		for i := range b.items {
			parts[2*i/len(b.items)].copyItem(b, i)
		}
	case answer.Status == http.StatusRequestEntityTooLarge && it.kept != 1 && len(it.record.Value) > 1:
		s.cut(parts[0], it)
	case it.dead == "":
		s.bury(parts[0], it, Refused, fmt.Sprintf("Elasticsearch answers %d: %.900s", answer.Status, answer.Body))
	default:
		s.failed(b, "Elasticsearch does not take a dead letter: it is sent again until it does", reply(answer), status, answer.RetryAfter)
		return
	}
	for _, part := range parts {
		s.later(part, 0)
	}
	s.finish(b)
}

// failed sends the whole batch again, later.
func (s *sender) failed(b *batch, text string, why slog.Attr, status string, wait time.Duration) {
	b.attempts++
	s.metrics.retried(status, len(b.items))
	wait = max(wait, backoff(b.attempts))
	if s.quiet.allow(text) {
		s.log.LogAttrs(s.working, slog.LevelWarn, text, why, slog.Int("documents", len(b.items)), slog.Int("attempts", b.attempts), slog.Duration("again in", wait))
	}
	s.later(b, wait)
}

// later hands the batch to a sender after a while.
func (s *sender) later(b *batch, wait time.Duration) {
	b.settle(s.budget)
	time.AfterFunc(wait, func() {
		select {
		case s.ready <- b:
		case <-s.working.Done():
		}
	})
}

// finish gives back the batch and its bytes.
func (s *sender) finish(b *batch) {
	s.budget.add(-b.taken)
	s.free.put(b)
}
