package dashboards

import (
	"reflect"

	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
)

// elastic is what Grafana's Elasticsearch data source asks for. The SDK's own type is a union of nineteen
// aggregations, of which two are used here.
type elastic struct {
	RefID      string               `json:"refId"`
	Datasource common.DataSourceRef `json:"datasource"`
	Query      string               `json:"query"`
	Alias      string               `json:"alias,omitempty"`
	TimeField  string               `json:"timeField"`
	Metrics    []aggregation        `json:"metrics"`
	BucketAggs []aggregation        `json:"bucketAggs"`
}

type aggregation struct {
	ID       string            `json:"id"`
	Type     string            `json:"type"`
	Field    string            `json:"field,omitempty"`
	Settings map[string]string `json:"settings,omitempty"`
}

func (s *Search) target(k kind) variants.Dataquery {
	target := elastic{
		RefID:      "A",
		Datasource: source("elasticsearch", s.Source),
		Query:      s.Lucene,
		TimeField:  "@timestamp",
		Metrics:    []aggregation{{ID: "1", Type: "logs", Settings: map[string]string{"limit": "100"}}},
		BucketAggs: []aggregation{},
	}
	if k == isGraph {
		target.Alias = "{{term " + s.By + "}}"
		target.Metrics = []aggregation{{ID: "1", Type: "count"}}
		target.BucketAggs = []aggregation{
			{ID: "3", Type: "terms", Field: s.By, Settings: map[string]string{"size": "10", "order": "desc", "orderBy": "_count", "min_doc_count": "1"}},
			{ID: "2", Type: "date_histogram", Field: "@timestamp", Settings: map[string]string{"interval": "auto", "min_doc_count": "0"}},
		}
	}
	return target
}

// The SDK's interface of a query.
func (elastic) ImplementsDataqueryVariant()            {}
func (elastic) DataqueryType() string                  { return "elasticsearch" }
func (elastic) Validate() error                        { return nil }
func (e elastic) Equals(other variants.Dataquery) bool { return reflect.DeepEqual(e, other) }
