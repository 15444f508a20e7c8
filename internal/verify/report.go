package verify

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"sluice/internal/figures"
)

// Report is the account of one verification. Its JSON form has the same fields.
type Report struct {
	RunID  string  `json:"run_id"`
	Count  int64   `json:"count"`
	Rate   int     `json:"rate"`
	Hops   []Hop   `json:"hops"`
	Checks []Check `json:"checks"`

	// CPUs that log-generator took to send the events, and what one of them took of the release; with a Tolerance.
	GeneratorCPUs float64      `json:"generator_cpus,omitempty"`
	Predictions   []Prediction `json:"predictions,omitempty"`

	// Latency from an event's @timestamp to the first poll that found it searchable. The time
	// between two polls is its resolution; it is right only as far as the clocks of this machine
	// and of the generator's node agree.
	LatencyP50 float64 `json:"latency_p50_seconds"`
	LatencyP99 float64 `json:"latency_p99_seconds"`
	Resolution float64 `json:"latency_resolution_seconds"`
	Generating float64 `json:"generating_seconds"` // until Kafka had acknowledged the last event
	Duration   float64 `json:"duration_seconds"`
}

// Hop is one place that events pass, and how many of the run's it has had.
type Hop struct {
	Name   string `json:"name"`
	Events int64  `json:"events"`
	Note   string `json:"note"`
}

// Check is one thing that must hold.
type Check struct {
	Name   string `json:"name"`
	Result Result `json:"result"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to look at after a failure
}

// Result of a check.
type Result string

// The results of a check: held, did not hold, could not be looked at.
const (
	OK      Result = "ok"
	Failed  Result = "FAILED"
	Skipped Result = "skipped"
)

// CheckError names the checks that failed; the report has the details.
type CheckError struct {
	Failed []Check
	Of     int
}

func (e *CheckError) Error() string {
	var names []string
	for _, check := range e.Failed {
		names = append(names, check.Name)
	}
	return fmt.Sprintf("%d of %d checks failed: %s", len(e.Failed), e.Of, strings.Join(names, ", "))
}

// err is a CheckError, or nil if no check failed.
func (r *Report) err() error {
	var failed []Check
	for _, check := range r.Checks {
		if check.Result == Failed {
			failed = append(failed, check)
		}
	}
	if failed == nil {
		return nil
	}
	return &CheckError{Failed: failed, Of: len(r.Checks)}
}

// Print writes the report as aligned text.
func (r *Report) Print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	pace := "as fast as possible"
	if r.Rate > 0 {
		pace = figures.Thousands(int64(r.Rate)) + " a second"
	}
	fmt.Fprintf(w, "Run %s: %s events, %s, %.1f s in all\n\n", r.RunID, figures.Thousands(r.Count), pace, r.Duration)
	width := 0
	for _, hop := range r.Hops {
		width = max(width, len(figures.Thousands(hop.Events)))
	}
	fmt.Fprintf(table, "HOP\t%*s\t\n", max(width, len("EVENTS")), "EVENTS")
	for _, hop := range r.Hops {
		fmt.Fprintf(table, "%s\t%*s\t%s\n", hop.Name, max(width, len("EVENTS")), figures.Thousands(hop.Events), hop.Note)
	}
	table.Flush()
	fmt.Fprintln(w)
	fmt.Fprintln(table, "CHECK\tRESULT\t")
	for _, check := range r.Checks {
		fmt.Fprintf(table, "%s\t%s\t%s\n", check.Name, check.Result, check.Detail)
	}
	table.Flush()
	if r.Predictions != nil {
		fmt.Fprintf(w, "\nlog-generator took %.3f CPUs to send them; predictions are for CPUs as fast.\n", r.GeneratorCPUs)
		fmt.Fprintln(table, "PREDICTION\tAT REST\tPREDICTED\tMEASURED\tRATIO\tTO PLAN WITH IT")
		for _, p := range r.Predictions {
			row := fmt.Sprintf("%s\t\t%.0f bytes\t%.0f bytes", p.What, p.Predicted, p.Measured)
			if p.Unit == "CPUs" {
				row = fmt.Sprintf("%s\t%.3f CPUs\t%.3f CPUs\t%.3f CPUs", p.What, p.Rest, p.Predicted, p.Measured)
			}
			set := "events took nothing that could be measured"
			if p.Value > 0 {
				set = fmt.Sprintf("--set %s=%.*f", p.Coefficient, decimals(p.Value), p.Value)
			}
			fmt.Fprintf(table, "%s\t%.2f\t%s\n", row, p.ratio(), set)
		}
		table.Flush()
	}
	for _, check := range r.Checks {
		if check.Hint != "" {
			fmt.Fprintf(w, "\n%s: %s\n", check.Name, check.Hint)
		}
	}
	_, err := fmt.Fprintf(w, "\nFrom event to searchable: p50 %s, p99 %s (to the nearest poll, every %s)\n",
		seconds(r.LatencyP50), seconds(r.LatencyP99), seconds(r.Resolution))
	return err
}

// decimals are as many as leave two digits at least: of events a second none, of shares two.
func decimals(value float64) int {
	if value < 10 {
		return 2
	}
	return 0
}

func seconds(s float64) string { return fmt.Sprintf("%.2f s", s) }

// span is the time between two moments.
func span(from, to time.Time) string { return seconds(to.Sub(from).Seconds()) }
