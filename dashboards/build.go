package dashboards

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/logs"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

const (
	columns      = 24
	numberHeight = 4
	graphHeight  = 8
	mostGraphs   = 3 // in a line
	tag          = "sluice"
)

// newBuilder is of the format that every Grafana 12 reads from files; its successor's is not.
//
//nolint:staticcheck // hence the deprecated one
func newBuilder(title string) *dashboard.DashboardBuilder {
	return dashboard.NewDashboardBuilder(title)
}

// JSON is the file of the dashboard.
func (d Dashboard) JSON() ([]byte, error) {
	builder := newBuilder(d.Title).
		Uid(uid(d.Name)).
		Description(d.Description).
		Tags([]string{tag}).
		Timezone("browser").
		Time("now-1h", "now").
		Refresh("30s").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Link(dashboard.NewDashboardLinkBuilder("Sluice").
			Type(dashboard.DashboardLinkTypeDashboards).
			Tags([]string{tag}).
			AsDropdown(true).
			KeepTime(true))
	for _, v := range d.Variables {
		builder.WithVariable(v.build())
	}
	built, err := builder.Build()
	if err != nil {
		return nil, err
	}
	// It is not wanted in the menu of the controls, but in the line of the variables.
	built.Links[0].Placement = nil
	if built.Panels, err = d.panels(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(built, "", "  ")
	return append(text, '\n'), err
}

func uid(name string) string { return "sluice-" + name }

func (v Variable) build() cog.Builder[dashboard.VariableModel] {
	query, all := "label_values("+v.Metric+", "+v.Of+")", "$__all"
	return dashboard.NewQueryVariableBuilder(v.Name).
		Label(v.Label).
		Datasource(source("prometheus", Prometheus)).
		Query(dashboard.StringOrMap{String: &query}).
		Current(dashboard.VariableOption{
			Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
			Value: dashboard.StringOrArrayOfString{ArrayOfString: []string{all}},
		}).
		Multi(true).
		IncludeAll(true).
		// Not the list of those that are there now: others come and go while one looks.
		AllValue(".*").
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalAsc)
}

// panels numbers the panels and gives each its place.
func (d Dashboard) panels() ([]dashboard.PanelOrRowPanel, error) {
	var all []dashboard.PanelOrRowPanel
	var y uint32
	for _, row := range d.Rows {
		heading, err := dashboard.NewRowBuilder(row.Title).
			Id(uint32(len(all) + 1)).
			GridPos(dashboard.GridPos{Y: y, W: columns, H: 1}).
			Build()
		if err != nil {
			return nil, err
		}
		all = append(all, dashboard.PanelOrRowPanel{RowPanel: &heading})
		y++
		for _, line := range lines(row.Panels) {
			height, width := uint32(graphHeight), uint32(columns/len(line))
			if line[0].kind == isNumber {
				height = numberHeight
			}
			for i, p := range line {
				built, err := p.build()
				if err != nil {
					return nil, err
				}
				id := uint32(len(all) + 1)
				built.Id = &id
				built.GridPos = &dashboard.GridPos{X: uint32(i) * width, Y: y, W: width, H: height}
				all = append(all, dashboard.PanelOrRowPanel{Panel: &built})
			}
			y += height
		}
	}
	return all, nil
}

// lines are the panels that stand beside each other: all numbers; each list of documents; graphs, evenly.
func lines(panels []Panel) [][]Panel {
	var numbers, graphs []Panel
	var rest [][]Panel
	for _, p := range panels {
		switch p.kind {
		case isNumber:
			numbers = append(numbers, p)
		case isGraph:
			graphs = append(graphs, p)
		case isDocuments:
			rest = append(rest, []Panel{p})
		}
	}
	var all [][]Panel
	if len(numbers) > 0 {
		all = append(all, numbers)
	}
	for left := (len(graphs) + mostGraphs - 1) / mostGraphs; left > 0; left-- {
		n := (len(graphs) + left - 1) / left
		all = append(all, graphs[:n])
		graphs = graphs[n:]
	}
	return append(all, rest...)
}

func (p Panel) build() (dashboard.Panel, error) {
	var built dashboard.Panel
	var err error
	switch p.kind {
	case isNumber:
		built, err = stat.NewPanelBuilder().
			ColorMode(common.BigValueColorModeValue).
			GraphMode(common.BigValueGraphModeArea).
			Orientation(common.VizOrientationAuto).
			ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
			Unit(p.Unit).
			Thresholds(p.limits()).
			Mappings(p.mappings()).
			Build()
	case isGraph:
		built, err = p.graph().Build()
	case isDocuments:
		built, err = logs.NewPanelBuilder().
			ShowTime(true).
			WrapLogMessage(true).
			EnableLogDetails(true).
			SortOrder(common.LogsSortOrderDescending).
			DedupStrategy(common.LogsDedupStrategyNone).
			Unit(p.Unit).
			Build()
	}
	if err != nil {
		return built, err
	}
	built.Title, built.Description = &p.Title, &p.Description
	from := source("prometheus", Prometheus)
	if p.Search != nil {
		from = source("elasticsearch", p.Search.Source)
	}
	built.Datasource = &from
	if p.link != "" {
		link, err := dashboard.NewDashboardLinkBuilder("More").
			Type(dashboard.DashboardLinkTypeLink).
			Url("/d/" + uid(p.link) + "?${__url_time_range}").
			Build()
		if err != nil {
			return built, err
		}
		link.Placement = nil
		built.Links = []dashboard.DashboardLink{link}
	}
	return built, p.ask(&built)
}

// ask gives the panel its queries.
func (p Panel) ask(built *dashboard.Panel) error {
	if p.Search != nil {
		built.Targets = append(built.Targets, p.Search.target(p.kind))
	}
	for i, q := range p.Queries {
		query := prometheus.NewDataqueryBuilder().
			RefId(string(rune('A' + i))).
			Datasource(source("prometheus", Prometheus)).
			Expr(q.Expr).
			LegendFormat(q.Legend).
			Range()
		target, err := query.Build()
		if err != nil {
			return err
		}
		built.Targets = append(built.Targets, target)
	}
	return nil
}

func (p Panel) graph() *timeseries.PanelBuilder {
	opacity, stacking := 10.0, common.StackingModeNone
	if p.stack {
		opacity, stacking = 60, common.StackingModeNormal
	}
	builder := timeseries.NewPanelBuilder().
		Unit(p.Unit).
		Min(0).
		LineWidth(1).
		FillOpacity(opacity).
		ShowPoints(common.VisibilityModeNever).
		Stacking(common.NewStackingConfigBuilder().Mode(stacking)).
		Legend(common.NewVizLegendOptionsBuilder().
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom).
			ShowLegend(true)).
		Tooltip(common.NewVizTooltipOptionsBuilder().
			Mode(common.TooltipDisplayModeMulti).
			Sort(common.SortOrderDescending)).
		Thresholds(p.limits())
	if p.Unit == ratio {
		builder.Max(1)
	}
	if len(p.thresholds) > 0 {
		builder.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	return builder
}

func (p Panel) limits() *dashboard.ThresholdsConfigBuilder {
	steps := p.thresholds
	if len(steps) == 0 {
		steps = []dashboard.Threshold{{Color: green}}
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)
}

func (p Panel) mappings() []dashboard.ValueMapping {
	if len(p.words) == 0 {
		return nil
	}
	options := map[string]dashboard.ValueMappingResult{}
	for i, value := range slices.Sorted(maps.Keys(p.words)) {
		w, index := p.words[value], int32(i)
		options[value] = dashboard.ValueMappingResult{Text: &w.text, Color: &w.color, Index: &index}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: options}}}
}

func source(kind, id string) common.DataSourceRef {
	return common.DataSourceRef{Type: &kind, Uid: &id}
}
