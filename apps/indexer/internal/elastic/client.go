// Package elastic sends bulk requests to Elasticsearch or OpenSearch.
package elastic

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"sluice/apps/indexer/internal/config"
	"sluice/apps/indexer/internal/credentials"
	"sluice/internal/cli"
)

// Client knows several nodes of one cluster and talks to one of them, until that fails.
type Client struct {
	http  *http.Client
	urls  []string
	node  atomic.Uint32 // counts up; its remainder is the node in use
	auth  func() (string, error)
	gzip  bool
	agent string
}

const (
	dialTimeout = 5 * time.Second
	// requestTimeout is longer than a bulk request waits in a busy Elasticsearch (a minute), and ends the wait for a paused one.
	requestTimeout = 90 * time.Second
)

// New returns a client after a look at the files that it needs.
func New(c config.Elasticsearch, version string) (*Client, error) {
	if _, err := credentials.TLS(c.CAFile); err != nil {
		return nil, cli.Misusef("elasticsearch.caFile: %w: set it to a PEM file of the authority that signs Elasticsearch", err)
	}
	client := &Client{gzip: c.Gzip, agent: "sluice-indexer/" + version}
	switch {
	case c.APIKeyFile != "":
		client.auth = func() (string, error) {
			key, err := credentials.Secret(c.APIKeyFile)
			return "ApiKey " + key, err
		}
		if _, err := client.auth(); err != nil {
			return nil, cli.Misusef("elasticsearch.apiKeyFile: %w: set it to a file that holds an API key", err)
		}
	case c.User != "":
		client.auth = func() (string, error) {
			password, err := credentials.Secret(c.PasswordFile)
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.User+":"+password)), err
		}
		if _, err := client.auth(); err != nil {
			return nil, cli.Misusef("elasticsearch.passwordFile: %w: set it to a file that holds the password of %s", err, c.User)
		}
	}
	for _, u := range c.URLs {
		client.urls = append(client.urls, strings.TrimRight(u, "/"))
	}
	client.http = &http.Client{
		Timeout: requestTimeout,
		// A bulk request that is redirected would arrive as a GET.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: dialTimeout}).DialContext,
			DialTLSContext:      credentials.Dialer{CAFile: c.CAFile, Timeout: dialTimeout}.DialContext,
			MaxIdleConnsPerHost: c.Requests + 1,
			IdleConnTimeout:     time.Minute,
			DisableCompression:  true,
			WriteBufferSize:     64 << 10,
			ReadBufferSize:      16 << 10,
		},
	}
	return client, nil
}

// Ping asks whether Elasticsearch answers and lets the user in. A distribution without the module of the root page answers 405.
func (c *Client) Ping(ctx context.Context) error {
	status, err := c.get(ctx, "/")
	if status == http.StatusMethodNotAllowed {
		return nil
	}
	return err
}

// HasTemplate asks whether there is an index template of that name.
func (c *Client) HasTemplate(ctx context.Context, name string) (bool, error) {
	status, err := c.get(ctx, "/_index_template/"+url.PathEscape(name))
	if status == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// StatusError is an answer that says no.
type StatusError struct {
	URL    string
	Status int
	Body   string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answers %d: %s", e.URL, e.Status, e.Body)
}

// Refused tells whether err means that the user is not known or may not do this.
func Refused(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden)
}

func (c *Client) get(ctx context.Context, path string) (int, error) {
	node := c.node.Load()
	req, err := c.request(ctx, http.MethodGet, node, path, nil)
	if err != nil {
		return 0, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.failed(node)
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 300))
	if err != nil {
		c.failed(node)
		return resp.StatusCode, err
	}
	if resp.StatusCode != http.StatusOK {
		if resp.StatusCode >= http.StatusInternalServerError {
			c.failed(node)
		}
		return resp.StatusCode, &StatusError{req.URL.Redacted(), resp.StatusCode, string(body)}
	}
	return resp.StatusCode, nil
}

// request reads the password's file each time: 20 bytes for a megabyte of documents.
func (c *Client) request(ctx context.Context, method string, node uint32, path string, body io.Reader) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.urls[node%uint32(len(c.urls))]+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", c.agent)
	if c.auth != nil {
		value, err := c.auth()
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", value)
	}
	return req, nil
}

// failed moves on to the next node, once for all the requests that failed on this one.
func (c *Client) failed(node uint32) { c.node.CompareAndSwap(node, node+1) }
