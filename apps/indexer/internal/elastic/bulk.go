package elastic

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
)

const (
	// The answer needs each item's status and why it was refused. "errors" comes first then.
	bulkPath = "/_bulk?filter_path=errors,items.create.status,items.create.error"
	// allCreated begins the answer to a request all of whose documents were created.
	allCreated = `{"errors":false`
	// maxAnswer is far beyond an answer with a reason for each of a request's documents.
	maxAnswer = 64 << 20
)

// Answer is what came of a bulk request. Its texts are valid until the next request of the same Bulk.
type Answer struct {
	Status     int
	RetryAfter time.Duration
	Created    bool   // all documents were created
	Items      []Item // in the request's order, unless Created
	Body       []byte // the answer's text, if it is no answer of _bulk
}

// Bulk sends one request after the other and uses its buffers again.
type Bulk struct {
	client     *Client
	compressed bytes.Buffer
	compressor *gzip.Writer
	text       bytes.Buffer
	items      items
}

// NewBulk returns a sender for one goroutine.
func (c *Client) NewBulk() *Bulk { return &Bulk{client: c} }

// Send sends body and returns the answer. An error means that there was none: the documents may have been created or not.
// When Send returns, body is not read any more.
func (b *Bulk) Send(ctx context.Context, body []byte) (Answer, error) {
	payload, err := b.encode(body)
	if err != nil {
		return Answer{}, err
	}
	node := b.client.node.Load()
	reader := newBody(payload)
	defer reader.release()
	req, err := b.client.request(ctx, http.MethodPost, node, bulkPath, reader)
	if err != nil {
		return Answer{}, err
	}
	req.ContentLength = int64(len(payload))
	// A connection that Elasticsearch has closed meanwhile is no fault: the transport takes another one.
	req.GetBody = func() (io.ReadCloser, error) { return reader.again(), nil }
	req.Header.Set("Content-Type", "application/x-ndjson")
	if b.client.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := b.client.http.Do(req)
	if err != nil {
		b.client.failed(node)
		return Answer{}, err
	}
	defer resp.Body.Close()
	b.text.Reset()
	if _, err := b.text.ReadFrom(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		b.client.failed(node)
		return Answer{Status: resp.StatusCode}, err
	}
	answer := Answer{Status: resp.StatusCode, Body: b.text.Bytes()}
	switch {
	case resp.StatusCode == http.StatusOK && bytes.HasPrefix(answer.Body, []byte(allCreated)):
		answer.Created, answer.Body = true, nil
	case resp.StatusCode == http.StatusOK:
		if answer.Items, err = b.items.read(answer.Body); err != nil {
			return answer, err
		}
	case resp.StatusCode >= http.StatusInternalServerError:
		b.client.failed(node)
		fallthrough
	default:
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
			answer.RetryAfter = time.Duration(min(seconds, 60)) * time.Second
		}
	}
	return answer, nil
}

func (b *Bulk) encode(body []byte) ([]byte, error) {
	if !b.client.gzip {
		return body, nil
	}
	b.compressed.Reset()
	if b.compressor == nil {
		var err error
		if b.compressor, err = gzip.NewWriterLevel(&b.compressed, gzip.BestSpeed); err != nil {
			return nil, err
		}
	} else {
		b.compressor.Reset(&b.compressed)
	}
	if _, err := b.compressor.Write(body); err != nil {
		return nil, err
	}
	if err := b.compressor.Close(); err != nil {
		return nil, err
	}
	return b.compressed.Bytes(), nil
}
