package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// prometheus asks the release's Prometheus.
type prometheus struct {
	http *http.Client
	url  string
}

type target struct {
	Labels    map[string]string `json:"labels"`
	ScrapeURL string            `json:"scrapeUrl"`
	Health    string            `json:"health"`
	LastError string            `json:"lastError"`
}

// targets are the active scrape targets.
func (p *prometheus) targets(ctx context.Context) ([]target, error) {
	var answer struct {
		Data struct {
			ActiveTargets []target `json:"activeTargets"`
		} `json:"data"`
	}
	err := Fetch(ctx, p.http, http.MethodGet, p.url+"/api/v1/targets?state=active", nil, &answer)
	return answer.Data.ActiveTargets, err
}

// value is the result of a query that yields one number; found is false when it yields none.
func (p *prometheus) value(ctx context.Context, query string) (value float64, found bool, err error) {
	return Query(ctx, p.http, p.url, query)
}

// Query asks the Prometheus at a URL for one number; found is false when the query yields none.
func Query(ctx context.Context, client *http.Client, address, query string) (value float64, found bool, err error) {
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"` // time, value as a string
			} `json:"result"`
		} `json:"data"`
	}
	if err := Fetch(ctx, client, http.MethodGet, address+"/api/v1/query?query="+url.QueryEscape(query), nil, &answer); err != nil {
		return 0, false, err
	}
	if len(answer.Data.Result) == 0 {
		return 0, false, nil
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	value, err = strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false, fmt.Errorf("query %s: %w", query, err)
	}
	return value, true, nil
}
