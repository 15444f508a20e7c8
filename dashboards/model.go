// Package dashboards describes Grafana's dashboards. What looks alike comes from one function; `make golden` writes
// the JSON that the chart carries (docs/adr/0009-dashboards-from-go.md).
package dashboards

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// Uids of the data sources; files/provisioning/datasources of the Grafana chart has them too.
const (
	Prometheus  = "prometheus"
	Logs        = "elasticsearch"
	Anomalies   = "elasticsearch-anomalies"
	DeadLetters = "elasticsearch-dead-letters"
)

// Dashboard is one file, and one page of Grafana.
type Dashboard struct {
	Name        string // of the file; the uid is sluice-<name>
	Title       string
	Description string
	Variables   []Variable
	Rows        []Row
}

// Variable is a list to choose from, at the top of the page. All is chosen first.
type Variable struct {
	Name, Label string
	Metric      string // selector of the series that have the label
	Of          string // the label whose values are listed
}

// Row is a heading and what stands below it: numbers in one line, then graphs in lines of three at most.
type Row struct {
	Title  string
	Panels []Panel
}

// Panel is one picture.
type Panel struct {
	Title, Unit, Description string
	Queries                  []Query // of Prometheus
	Search                   *Search // of Elasticsearch, in the place of Queries

	kind       kind
	stack      bool
	thresholds []dashboard.Threshold
	words      map[string]word
	link       string
}

// Query is an expression, and what its lines are called.
type Query struct{ Legend, Expr string }

// Search asks Elasticsearch in Lucene's syntax: for the newest documents, or for their number over time by a field.
type Search struct{ Source, Lucene, By string }

type kind int

const (
	isNumber kind = iota
	isGraph
	isDocuments
)

// word is what a number means.
type word struct{ text, color string }

// number shows the last value of one expression.
func number(title, unit, description, expr string) Panel {
	return Panel{kind: isNumber, Title: title, Unit: unit, Description: description, Queries: []Query{{Expr: expr}}}
}

// graph shows expressions over time.
func graph(title, unit, description string, queries ...Query) Panel {
	return Panel{kind: isGraph, Title: title, Unit: unit, Description: description, Queries: queries}
}

// documents shows the newest documents that a search finds.
func documents(title, description, source, lucene string) Panel {
	return Panel{kind: isDocuments, Title: title, Unit: none, Description: description, Search: &Search{Source: source, Lucene: lucene}}
}

// counted shows how many documents a search finds over time, by the values of a field.
func counted(title, description, source, lucene, by string) Panel {
	return Panel{kind: isGraph, Title: title, Unit: short, Description: description, stack: true,
		Search: &Search{Source: source, Lucene: lucene, By: by}}
}

// stacked lays the lines on top of each other: their sum is what counts.
func (p Panel) stacked() Panel {
	p.stack = true
	return p
}

// bad marks values from a number on: green below it, red above.
func (p Panel) bad(from float64) Panel {
	p.thresholds = []dashboard.Threshold{{Color: green}, {Value: &from, Color: red}}
	return p
}

// worse marks values that are worth a look, and those that are worth a call.
func (p Panel) worse(warn, critical float64) Panel {
	p.thresholds = []dashboard.Threshold{{Color: green}, {Value: &warn, Color: orange}, {Value: &critical, Color: red}}
	return p
}

// atLeast marks values below a number.
func (p Panel) atLeast(least float64) Panel {
	p.thresholds = []dashboard.Threshold{{Color: red}, {Value: &least, Color: green}}
	return p
}

// says replaces numbers by words.
func (p Panel) says(words map[string]word) Panel {
	p.words = words
	return p
}

// leadsTo makes the panel a way to the dashboard of that name.
func (p Panel) leadsTo(name string) Panel {
	p.link = name
	return p
}

// Units, as Grafana calls them.
const (
	none    = "none"
	short   = "short"
	events  = "eps"
	reqs    = "reqps"
	ops     = "ops"
	bytes   = "bytes"
	rate    = "Bps"
	seconds = "s"
	millis  = "ms"
	ratio   = "percentunit"
)

const (
	green  = "green"
	orange = "orange"
	red    = "red"
)
