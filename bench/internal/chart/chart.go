// Package chart draws bars with whiskers as SVG. A browser shows them in its reader's colours, light or dark.
package chart

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"sluice/bench/internal/measure"
	"sluice/internal/figures"
)

// Bar is one figure: its median as the bar, its spread as the whisker.
type Bar struct {
	Name   string
	Figure measure.Figure
}

// Group is bars that belong together, such as those of one record size.
type Group struct {
	Name string
	Bars []Bar
}

// Chart is what is drawn.
type Chart struct {
	Title  string
	Unit   string
	Groups []Group
}

// Sizes in pixels.
const (
	width    = 760
	nameWide = 200
	barsWide = 420
	row      = 22
	heading  = 30
	margin   = 16
)

const style = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.bar { fill: #4878a8 }
.own { fill: #c4622d }
.whisker { stroke: #24292f; stroke-width: 1.2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .bar { fill: #6ea0d2 }
  .own { fill: #e8935e }
  .whisker { stroke: #e6edf3 }
}
`

type element struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Inside  []element  `xml:",any"`
}

// node is an element; attributes are pairs of name and value.
func node(name string, attributes ...string) element {
	e := element{XMLName: xml.Name{Local: name}}
	for i := 0; i+1 < len(attributes); i += 2 {
		e.Attrs = append(e.Attrs, xml.Attr{Name: xml.Name{Local: attributes[i]}, Value: attributes[i+1]})
	}
	return e
}

func text(class string, x, y float64, content string) element {
	e := node("text", "class", class, "x", number(x), "y", number(y))
	e.Text = content
	return e
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', 1, 64) }

// Write draws the chart; bars that are called own stand out.
func (c Chart) Write(w io.Writer, own string) error {
	largest := 0.0
	for _, g := range c.Groups {
		for _, b := range g.Bars {
			largest = max(largest, b.Figure.Max)
		}
	}
	if largest == 0 {
		return fmt.Errorf("chart %q has nothing to show", c.Title)
	}
	x := func(value float64) float64 { return margin + nameWide + value/largest*barsWide }
	y := float64(margin + 16)
	drawn := []element{text("title", margin, y, c.Title+" ("+c.Unit+")")}
	for _, g := range c.Groups {
		y += heading
		drawn = append(drawn, text("group", margin, y, g.Name))
		for _, b := range g.Bars {
			y += row
			class := "bar"
			if b.Name == own {
				class = "own"
			}
			middle := y - 5
			drawn = append(drawn,
				text("name", margin+12, y, b.Name),
				node("rect", "class", class, "x", number(x(0)), "y", number(y-13), "width", number(x(b.Figure.Median)-x(0)), "height", "15", "rx", "2"),
				line(x(b.Figure.Min), middle, x(b.Figure.Max), middle),
				line(x(b.Figure.Min), middle-4, x(b.Figure.Min), middle+4),
				line(x(b.Figure.Max), middle-4, x(b.Figure.Max), middle+4),
				text("value", x(b.Figure.Max)+8, y, Short(b.Figure.Median)))
		}
	}
	height := strconv.Itoa(int(y) + margin)
	root := node("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", fmt.Sprintf("0 0 %d %s", width, height),
		"width", strconv.Itoa(width), "height", height, "role", "img", "aria-label", c.Title)
	css := node("style")
	css.Text = style
	root.Inside = append([]element{css}, drawn...)
	encoder := xml.NewEncoder(w)
	encoder.Indent("", " ")
	if err := encoder.Encode(root); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func line(x1, y1, x2, y2 float64) element {
	return node("line", "class", "whisker", "x1", number(x1), "y1", number(y1), "x2", number(x2), "y2", number(y2))
}

// Short is a number with three digits that count, and a comma at each thousand.
func Short(value float64) string {
	if math.IsNaN(value) {
		return "–"
	}
	if value == 0 {
		return "0"
	}
	digits := max(0, 2-int(math.Floor(math.Log10(math.Abs(value)))))
	scale := math.Pow(10, math.Floor(math.Log10(math.Abs(value)))-2)
	fixed := strconv.FormatFloat(math.Round(value/scale)*scale, 'f', digits, 64)
	whole, fraction, dotted := strings.Cut(fixed, ".")
	if whole = figures.Group(whole); dotted {
		return whole + "." + fraction
	}
	return whole
}
