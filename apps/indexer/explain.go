package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"sluice/apps/indexer/internal/normalise"
	contract "sluice/charts/sluice/charts/lib"
	"sluice/internal/cli"
)

// explainer tells what becomes of records, without Kafka and Elasticsearch.
type explainer struct {
	index     string
	retention int
	anomaly   bool
	hex       bool
	now       clock
}

// explain reads records, one a line, and writes a line of JSON for each: where its document goes, with the document or
// with the reason why there is none.
func explain(args []string, env cli.Lookup, stdin io.Reader, stdout io.Writer) error {
	var e explainer
	fs := flag.NewFlagSet("indexer explain", flag.ContinueOnError)
	fs.StringVar(&e.index, "index", "logs-index", "alias of the events' indices, global.index of the chart")
	fs.IntVar(&e.retention, "retention-days", 3, "days that an event may be old and have an index of its own day")
	fs.BoolVar(&e.anomaly, "anomaly", false, "the records are of the anomalies' topic")
	fs.BoolVar(&e.hex, "hex", false, "the records are in hexadecimal digits")
	fs.Var(&e.now, "now", "time of reading and of the Kafka record, as 2006-01-02T15:04:05Z; the clock's without it")
	if err := cli.Parse(fs, args, env, stdout); err != nil {
		return err
	}
	switch {
	case e.index == "":
		return cli.Misusef("--index is empty: set it to an alias, such as logs-index")
	case e.retention < 1:
		return cli.Misusef("--retention-days is %d: set it to 1 or more", e.retention)
	}
	out := bufio.NewWriter(stdout)
	err := e.run(bufio.NewReaderSize(stdin, 64<<10), out)
	return errors.Join(err, out.Flush()) // the lines before a bad one are told all the same
}

func (e *explainer) run(in *bufio.Reader, out *bufio.Writer) error {
	c, err := contract.Read()
	if err != nil {
		return err
	}
	n, err := normalise.New(normalise.Options{Contract: c, RetentionDays: e.retention, DeadLetterIndex: e.index + "-dead-letter", Now: e.now.time})
	if err != nil {
		return err
	}
	source := normalise.Source{Index: e.index, Anomaly: e.anomaly}
	if e.anomaly {
		source.Index += "-anomalies"
	}
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("standard input, line %d: %w", number, err)
		}
		if err != nil && len(line) == 0 {
			return nil
		}
		record := bytes.TrimSuffix(line, []byte("\n"))
		if e.hex {
			digits := bytes.TrimSpace(record)
			if record, err = hex.AppendDecode(nil, digits); err != nil {
				return cli.Misusef("standard input, line %d: %w: give two hexadecimal digits a byte, or leave --hex out", number, err)
			}
		}
		source.Time = e.now.time()
		request, result := n.Append(nil, record, source)
		told, err := tell(request, result)
		if err != nil {
			return err
		}
		if _, err := out.Write(told); err != nil {
			return err
		}
		if in.Buffered() == 0 { // whoever types the next record sees this one's document first
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

// tell makes one line of the two of a _bulk request.
func tell(request []byte, result normalise.Result) ([]byte, error) {
	first, document, _ := bytes.Cut(bytes.TrimSuffix(request, []byte("\n")), []byte("\n"))
	var action struct {
		Create struct {
			Index json.RawMessage `json:"_index"`
			ID    json.RawMessage `json:"_id"`
		} `json:"create"`
	}
	if err := json.Unmarshal(first, &action); err != nil {
		return nil, fmt.Errorf("the action %s: %w", first, err)
	}
	what := "document"
	if result.Dead != "" {
		var letter struct {
			Error struct {
				Message json.RawMessage `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(document, &letter); err != nil {
			return nil, fmt.Errorf("the dead letter: %w", err)
		}
		what, document = "dead_letter", letter.Error.Message
	}
	return fmt.Appendf(nil, `{"index":%s,"id":%s,"%s":%s}`+"\n", action.Create.Index, action.Create.ID, what, document), nil
}

// clock is a flag.Value: a fixed time, or the clock's.
type clock struct{ fixed time.Time }

func (c *clock) time() time.Time {
	if c.fixed.IsZero() {
		return time.Now()
	}
	return c.fixed
}

func (c *clock) String() string {
	if c.fixed.IsZero() {
		return ""
	}
	return c.fixed.Format(time.RFC3339Nano)
}

func (c *clock) Set(text string) (err error) {
	if c.fixed, err = time.Parse(time.RFC3339, text); err != nil {
		return errors.New("it is no time such as 2006-01-02T15:04:05Z")
	}
	return nil
}
