package report

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sluice/bench/internal/chart"
	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
)

// Document is where the tables stand, relative to the repository.
const Document = "docs/performance.md"

// Write draws the charts into bench/, and puts the tables into the document.
func Write(r results.Results, repository string) error {
	for name, c := range Charts(r) {
		if err := draw(filepath.Join(repository, "bench", name+".svg"), c); err != nil {
			return err
		}
	}
	file := filepath.Join(repository, Document)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	filled, err := Fill(string(text), r)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(filled), 0o644)
}

func draw(file string, c chart.Chart) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := c.Write(out, "log_generator"); err != nil {
		return err
	}
	return out.Close()
}

// Fill replaces what stands between <!-- bench:PART --> and <!-- /bench --> by the part's tables and charts.
func Fill(text string, r results.Results) (string, error) {
	const begin, middle, end = "<!-- bench:", " -->\n", "<!-- /bench -->"
	var filled strings.Builder
	for {
		before, rest, found := strings.Cut(text, begin)
		filled.WriteString(before)
		if !found {
			return filled.String(), nil
		}
		part, rest, opened := strings.Cut(rest, middle)
		_, after, closed := strings.Cut(rest, end)
		if !opened || !closed {
			return "", fmt.Errorf("%s%s has no %s", begin, part, end)
		}
		filled.WriteString(begin + part + middle + section(part, r) + end)
		text = after
	}
}

func section(part string, r results.Results) string {
	var s strings.Builder
	machine, measured := r.Machine[part]
	if !measured {
		return "Not measured yet: `make bench`.\n"
	}
	fmt.Fprintf(&s, "\nMeasured %s at %s: %d cores, %.0f GiB, Linux %s. Medians of the runs, least and most in brackets.\n",
		machine.Date, machine.Commit, machine.Cores, float64(machine.MemoryBytes)/(1<<30), machine.Kernel)
	for _, table := range Tables(r) {
		if table.Part == part {
			fmt.Fprintf(&s, "\n%s:\n\n%s", table.Name, table.Markdown())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(Charts(r))) {
		if strings.HasPrefix(name, part+"-") {
			fmt.Fprintf(&s, "\n![%s](../bench/%s.svg)\n", Charts(r)[name].Title, name)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(r.LeftOut)) {
		if strings.HasPrefix(path, part+".") {
			fmt.Fprintf(&s, "\nLeft out: `%s`: %s.\n", path, r.LeftOut[path])
		}
	}
	s.WriteString("\n")
	return s.String()
}

// Charts are by the names of their files.
func Charts(r results.Results) map[string]chart.Chart {
	all := map[string]chart.Chart{}
	if g := r.Generator; g != nil {
		rate := chart.Chart{Title: "Producers: rate", Unit: "records/s"}
		cpu := chart.Chart{Title: "Producers: CPU", Unit: "CPU-seconds per million records"}
		for _, size := range sizes(*g) {
			group := func(figure func(results.Producer) measure.Figure) chart.Group {
				bars := chart.Group{Name: size + " bytes"}
				for _, name := range producerNames(g.Bytes[size]) {
					bars.Bars = append(bars.Bars, chart.Bar{Name: name, Figure: figure(g.Bytes[size][name])})
				}
				return bars
			}
			rate.Groups = append(rate.Groups, group(func(p results.Producer) measure.Figure { return p.RecordsPerSecond }))
			cpu.Groups = append(cpu.Groups, group(func(p results.Producer) measure.Figure { return p.CPUPerMillion }))
		}
		all["generator-rate"], all["generator-cpu"] = rate, cpu
	}
	if s := r.Storage; s != nil {
		c := chart.Chart{Title: "Storage", Unit: "bytes of an event"}
		for _, group := range []struct {
			name string
			ways map[string]results.Stored
		}{{"Elasticsearch", s.Elasticsearch}, {"Kafka", s.Kafka}} {
			bars := chart.Group{Name: group.name}
			for _, way := range slices.Sorted(maps.Keys(group.ways)) {
				bars.Bars = append(bars.Bars, chart.Bar{Name: way, Figure: group.ways[way].BytesPerEvent})
			}
			c.Groups = append(c.Groups, bars)
		}
		all["storage-bytes"] = c
	}
	if r.Hop != nil {
		c := chart.Chart{Title: "Kafka → engine → Elasticsearch", Unit: "events/s"}
		for _, engine := range slices.Sorted(maps.Keys(r.Hop)) {
			bars := chart.Group{Name: engine}
			for _, partitions := range slices.Sorted(maps.Keys(r.Hop[engine])) {
				bars.Bars = append(bars.Bars, chart.Bar{Name: partitions, Figure: r.Hop[engine][partitions].EventsPerSecond})
			}
			c.Groups = append(c.Groups, bars)
		}
		all["hop-rate"] = c
	}
	return all
}
