package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// errFailed is returned when a tier failed, after the report named it.
var errFailed = errors.New("a tier failed")

// report prints the table of tiers and ends with one line that counts them.
func report(w io.Writer, results []result) error {
	fmt.Fprint(w, "\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TIER\tRESULT\tTIME\t")
	var passed, failed, skipped int
	var total time.Duration
	for _, r := range results {
		outcome, note := "passed", r.tier.what
		switch {
		case r.skipped != "":
			outcome, note = "left out", r.skipped
			skipped++
		case r.err != nil:
			outcome, note = "FAILED", r.err.Error()
			failed++
		default:
			passed++
		}
		total += r.took
		fmt.Fprintf(table, "%s\t%s\t%.0f s\t%s\n", r.tier.name, outcome, r.took.Seconds(), note)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAll tiers together: %.0f s (at most 900 s warm, 2700 s cold)\n", total.Seconds())
	fmt.Fprintf(w, "tiers: %d passed, %d failed, %d skipped\n", passed, failed, skipped)
	if failed > 0 {
		return errFailed
	}
	return nil
}
