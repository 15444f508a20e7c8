package size

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Explain writes every coefficient with its source, and every formula with the numbers of this plan.
func (p Plan) Explain(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COEFFICIENT\tVALUE\tUNIT\tFROM")
	for _, c := range p.Coefficients.All() {
		from := string(c.Kind) + ": " + c.Source
		if c.Kind == Set {
			from = c.Source
		}
		if c.Result != "" && c.Kind == Measured {
			from += " (" + c.Result + " of bench/results.json)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Name, number(c.Value), c.Unit, from)
	}
	table.Flush()
	fmt.Fprintln(w)
	for _, s := range p.Steps {
		if _, err := fmt.Fprintf(w, "%s = %s\n    = %s = %s %s\n", s.Name, s.Formula, s.Numbers, number(s.Value), s.Unit); err != nil {
			return err
		}
	}
	return nil
}
