package elastic

import (
	"compress/gzip"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/apps/indexer/internal/config"
	"sluice/internal/cli"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func newClient(t *testing.T, c config.Elasticsearch) *Client {
	t.Helper()
	client, err := New(c, "test")
	require.NoError(t, err)
	return client
}

const created = `{"errors":false,"items":[{"create":{"status":201}}]}`

// A password that changes in its file is the one of the next request.
func TestCredentialsAreReadAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, "one\n")
	var header string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Get("Authorization")
		if user, password, ok := r.BasicAuth(); ok {
			header = user + "/" + password
		}
		_, _ = w.Write([]byte(created))
	}))
	defer server.Close()
	for _, c := range []struct {
		config config.Elasticsearch
		want   string
	}{
		{config.Elasticsearch{User: "engine", PasswordFile: file}, "engine/"},
		{config.Elasticsearch{APIKeyFile: file}, "ApiKey "},
	} {
		c.config.URLs = []string{server.URL + "/"}
		bulk := newClient(t, c.config).NewBulk()
		for _, secret := range []string{"one", "two"} {
			write(t, file, secret+"\n")
			answer, err := bulk.Send(t.Context(), []byte("x"))
			require.NoError(t, err)
			require.True(t, answer.Created)
			require.Equal(t, c.want+secret, header)
		}
		require.NoError(t, os.Remove(file))
		_, err := bulk.Send(t.Context(), []byte("x"))
		require.ErrorContains(t, err, "no such file")
		write(t, file, "one\n")
	}
}

// The authority's file is read for each connection.
func TestAuthorityIsReadAgain(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(created)) }))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "ca.crt")
	right := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	write(t, file, right)
	client := newClient(t, config.Elasticsearch{URLs: []string{server.URL}, CAFile: file})
	require.NoError(t, client.Ping(t.Context()))
	write(t, file, "junk")
	require.NoError(t, client.Ping(t.Context()), "the connection goes on")
	client.http.CloseIdleConnections()
	require.ErrorContains(t, client.Ping(t.Context()), "holds no certificate")
	write(t, file, right)
	require.NoError(t, client.Ping(t.Context()))
}

// An Elasticsearch without the module of the root page says 405, and answers all the same.
func TestPing(t *testing.T) {
	for status, answers := range map[int]bool{200: true, 405: true, 401: false, 403: false, 503: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		err := newClient(t, config.Elasticsearch{URLs: []string{server.URL}}).Ping(t.Context())
		require.Equal(t, answers, err == nil, "%d: %v", status, err)
		server.Close()
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	junk := filepath.Join(t.TempDir(), "junk")
	write(t, junk, "\n")
	for want, c := range map[string]config.Elasticsearch{
		"elasticsearch.caFile: open /nowhere":       {CAFile: "/nowhere"},
		"elasticsearch.caFile: " + junk:             {CAFile: junk},
		"elasticsearch.passwordFile: " + junk:       {User: "u", PasswordFile: junk},
		"elasticsearch.apiKeyFile: open /nowhere: ": {APIKeyFile: "/nowhere"},
	} {
		_, err := New(c, "test")
		require.ErrorContains(t, err, want)
		require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
	}
}

func TestGzip(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "gzip", r.Header.Get("Content-Encoding"))
		text, err := gzip.NewReader(r.Body)
		require.NoError(t, err)
		body, err := io.ReadAll(text)
		require.NoError(t, err)
		got = append(got, string(body))
		_, _ = w.Write([]byte(created))
	}))
	defer server.Close()
	bulk := newClient(t, config.Elasticsearch{URLs: []string{server.URL}, Gzip: true}).NewBulk()
	for _, body := range []string{strings.Repeat("a", 10_000), "b"} {
		_, err := bulk.Send(t.Context(), []byte(body))
		require.NoError(t, err)
	}
	require.Equal(t, []string{strings.Repeat("a", 10_000), "b"}, got)
}

// A node that hangs counts as one that is away, and the next request goes to the next node.
func TestHangingNode(t *testing.T) {
	release := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hangs.Close()
	defer close(release)
	works := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(created)) }))
	defer works.Close()
	client := newClient(t, config.Elasticsearch{URLs: []string{hangs.URL, works.URL}})
	client.http.Timeout = 100 * time.Millisecond
	bulk := client.NewBulk()
	_, err := bulk.Send(t.Context(), []byte("x"))
	require.Error(t, err)
	answer, err := bulk.Send(t.Context(), []byte("x"))
	require.NoError(t, err)
	require.True(t, answer.Created)
}

// After Send nobody reads the body any more, whatever the transport still does.
func TestBodyIsReleased(t *testing.T) {
	b := newBody([]byte("text"))
	again := b.again()
	p := make([]byte, 2)
	n, err := b.Read(p)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	b.release()
	for _, reader := range []io.Reader{b, again, b.again()} {
		_, err = reader.Read(p)
		require.ErrorIs(t, err, io.EOF)
	}
}

func TestTemplate(t *testing.T) {
	status := 200
	var path string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		w.WriteHeader(status)
	}))
	defer server.Close()
	client := newClient(t, config.Elasticsearch{URLs: []string{server.URL}})
	found, err := client.HasTemplate(t.Context(), "logs-index")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "/_index_template/logs-index", path)
	status = 404
	found, err = client.HasTemplate(t.Context(), "logs-index")
	require.NoError(t, err)
	require.False(t, found)
	for _, status = range []int{401, 403} {
		_, err = client.HasTemplate(t.Context(), "logs-index")
		require.True(t, Refused(err))
	}
	status = 503
	_, err = client.HasTemplate(t.Context(), "logs-index")
	require.Error(t, err)
	require.False(t, Refused(err))
}

func TestItems(t *testing.T) {
	var all items
	for range 2 { // the second time in the same slices
		got, err := all.read([]byte(`{"errors":true,"took":3,"items":[{"create":{"status":201}},
			{"create":{"error":{"type":"a","reason":"b","caused_by":{"type":"c","reason":"d"}},"status":400}},
			{"create":{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"x"}}},
			{"create":{"status":400,"error":{"type":"validation_exception","reason":"shards"}}},
			{"create":{"status":400,"error":"text"}},
			{"create":{"status":429,"error":{"type":"x"}}},{"create":{"status":403}},{"create":{"status":404}},{"create":{"status":503}}]}`))
		require.NoError(t, err)
		outcomes := []Outcome{}
		for _, item := range got {
			outcomes = append(outcomes, item.Outcome())
		}
		require.Equal(t, []Outcome{Created, Rejected, Duplicate, Again, Rejected, Again, Again, Again, Again}, outcomes)
		require.Equal(t, "a: b: c: d", got[1].Fault().String())
		require.Equal(t, `"text"`, got[4].Fault().String())
		require.Empty(t, got[0].Fault().String())
	}
	_, err := all.read([]byte(`{"errors":true,"items":[{"create"`))
	require.ErrorContains(t, err, "the answer of _bulk can't be read")
	require.Len(t, []rune(Fault{Type: "t", Reason: strings.Repeat("ü", 5000)}.String()), maxReason)
	loop := Fault{Type: "t", Reason: "r"}
	loop.CausedBy = &loop
	require.LessOrEqual(t, len(loop.String()), maxReason)
}
