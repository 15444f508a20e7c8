package start

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"sluice/apps/indexer/internal/config"
	"sluice/apps/indexer/internal/elastic"
	"sluice/apps/indexer/internal/kafka"
	"sluice/internal/cli"
)

// world is what the indexer is started in. Status is what Elasticsearch answers.
type world struct {
	cluster  *kfake.Cluster
	url      string
	status   atomic.Int32
	password string
	log      bytes.Buffer
}

func newWorld(t *testing.T) *world {
	w := &world{password: filepath.Join(t.TempDir(), "password")}
	var err error
	w.cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "logs"), kfake.EnableSASL(), kfake.EnableACLs(),
		kfake.Superuser(config.ScramSHA512, "engine", "secret"), kfake.User(config.ScramSHA512, "stranger", "secret"))
	require.NoError(t, err)
	t.Cleanup(w.cluster.Close)
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(int(w.status.Load())) }))
	t.Cleanup(server.Close)
	w.url = server.URL
	w.status.Store(200)
	require.NoError(t, os.WriteFile(w.password, []byte("secret"), 0o600))
	return w
}

func (w *world) config() config.Config {
	return config.Config{
		Kafka: config.Kafka{
			Brokers: w.cluster.ListenAddrs(), Group: "g", Topics: map[string]config.Topic{"logs": {Index: "logs"}},
			SASL: config.SASL{Mechanism: config.ScramSHA512, User: "engine", PasswordFile: w.password},
		},
		Elasticsearch: config.Elasticsearch{URLs: []string{w.url}, Template: "logs-index", User: "engine", PasswordFile: w.password},
		StartTimeout:  config.Duration(20 * time.Second),
	}
}

func (w *world) wait(t *testing.T, c config.Config) *Wait {
	t.Helper()
	options, err := kafka.Options(c.Kafka, "test")
	require.NoError(t, err)
	client, err := elastic.New(c.Elasticsearch, "test")
	require.NoError(t, err)
	return &Wait{Config: c, Kafka: options, Elastic: client, Log: slog.New(slog.NewTextHandler(&w.log, nil))}
}

func TestAllIsThere(t *testing.T) {
	w := newWorld(t)
	began := time.Now()
	require.NoError(t, w.wait(t, w.config()).Run(t.Context()))
	require.Less(t, time.Since(began), time.Second)
	require.Empty(t, w.log.String())
}

// What is missing is named by the key that would mend it.
func TestWhatIsMissing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*testing.T, *world, *config.Config)
		want   string
	}{
		"broker": {func(_ *testing.T, _ *world, c *config.Config) { c.Kafka.Brokers = []string{"127.0.0.1:1"} },
			"kafka.brokers: 127.0.0.1:1 can't be reached: set it to the brokers' host:port (unable to dial"},
		"password": {func(t *testing.T, w *world, _ *config.Config) {
			require.NoError(t, os.WriteFile(w.password, []byte("wrong"), 0o600))
		}, `kafka.sasl: `}, // kfake closes the connection, where Kafka answers
		"refused": {func(_ *testing.T, w *world, _ *config.Config) {
			w.cluster.ControlKey(int16(kmsg.SASLAuthenticate), func(req kmsg.Request) (kmsg.Response, error, bool) {
				w.cluster.KeepControl()
				resp := req.ResponseKind().(*kmsg.SASLAuthenticateResponse)
				resp.ErrorCode = kerr.SaslAuthenticationFailed.Code
				return resp, nil, true
			})
		}, `refuses the user "engine" with SCRAM-SHA-512: set kafka.sasl.user, passwordFile and mechanism`},
		"mechanism": {func(_ *testing.T, _ *world, c *config.Config) { c.Kafka.SASL.Mechanism = config.Plain },
			`kafka.sasl: `},
		"no user": {func(_ *testing.T, _ *world, c *config.Config) { c.Kafka.SASL = config.SASL{} },
			"kafka.tls, kafka.sasl: "},
		"tls": {func(_ *testing.T, _ *world, c *config.Config) { c.Kafka.TLS.Enabled = true },
			"kafka.brokers, kafka.tls: "},
		"topic": {func(_ *testing.T, _ *world, c *config.Config) { c.Kafka.Topics["other"] = config.Topic{Index: "i"} },
			`kafka.topics: there is no topic "other": create it or correct its name`},
		"rights": {func(_ *testing.T, _ *world, c *config.Config) { c.Kafka.SASL.User = "stranger" },
			`kafka.topics: the user "stranger" may not read ["logs"]: give it the right`},
		"elasticsearch": {func(_ *testing.T, _ *world, c *config.Config) { c.Elasticsearch.URLs = []string{"http://127.0.0.1:1"} },
			"elasticsearch.urls: no answer: set it to Elasticsearch's http://host:port ("},
		"sick": {func(_ *testing.T, w *world, _ *config.Config) { w.status.Store(503) },
			"elasticsearch.urls: no answer"},
		"401": {func(_ *testing.T, w *world, _ *config.Config) { w.status.Store(401) },
			`elasticsearch.user: "engine" is refused: set elasticsearch.user and passwordFile`},
		"403": {func(_ *testing.T, w *world, _ *config.Config) { w.status.Store(403) },
			`elasticsearch.user: "engine" is refused`},
		"key": {func(_ *testing.T, w *world, c *config.Config) {
			w.status.Store(401)
			c.Elasticsearch.User, c.Elasticsearch.PasswordFile, c.Elasticsearch.APIKeyFile = "", "", w.password
		}, "elasticsearch.apiKeyFile: the API key is refused"},
		"nobody": {func(_ *testing.T, w *world, c *config.Config) {
			w.status.Store(401)
			c.Elasticsearch.User, c.Elasticsearch.PasswordFile = "", ""
		}, "elasticsearch.user: nobody is let in without one"},
		"template": {func(_ *testing.T, w *world, _ *config.Config) { w.status.Store(404) },
			`elasticsearch.template: there is no index template "logs-index": create it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			settings := w.config()
			settings.StartTimeout = config.Duration(1500 * time.Millisecond)
			c.change(t, w, &settings)
			err := w.wait(t, settings).Run(t.Context())
			require.ErrorContains(t, err, "not all was there within 1.5s (startTimeout): ")
			require.ErrorContains(t, err, c.want)
			t.Log(err)
			require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
		})
	}
}

// It goes on as soon as the last thing is there, and says meanwhile what that is.
func TestWaits(t *testing.T) {
	w := newWorld(t)
	w.status.Store(404)
	wait := w.wait(t, w.config())
	done := make(chan error, 1)
	go func() { done <- wait.Run(t.Context()) }()
	require.Eventually(t, func() bool { return wait.Missing() != nil }, 5*time.Second, 10*time.Millisecond)
	require.ErrorContains(t, wait.Missing(), "elasticsearch.template")
	w.status.Store(200)
	require.NoError(t, <-done)
	require.NoError(t, wait.Missing())
}

func TestEndsWithItsContext(t *testing.T) {
	w := newWorld(t)
	w.status.Store(404)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	require.NoError(t, w.wait(t, w.config()).Run(ctx))
}
