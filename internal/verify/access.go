package verify

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/scram"

	"sluice/internal/kube"
	"sluice/internal/release"
)

// Access leads into the components of a release, through the API server. With global.security.enabled it encrypts
// connections and logs in where the component wants that.
type Access struct {
	client             *kube.Client
	namespace, release string
	brokers            string         // host:port to find them by
	kafka              *tls.Config    // nil without security
	mechanism          sasl.Mechanism // nil without security, and with a certificate
	elasticsearch      *login         // nil without security
}

// NewAccess reads the release's values and the Secrets that they name; it asks as the user test.
func NewAccess(ctx context.Context, client *kube.Client, r release.Release) (*Access, error) {
	return read(ctx, client, r, newAccess)
}

// NewAdminAccess is NewAccess for those who change the cluster: as Elasticsearch's admin, and as a broker to brokers.
func NewAdminAccess(ctx context.Context, client *kube.Client, r release.Release) (*Access, error) {
	return read(ctx, client, r, newAdminAccess)
}

type accessor func(ctx context.Context, client *kube.Client, namespace, release string, s security) (*Access, error)

func read(ctx context.Context, client *kube.Client, r release.Release, access accessor) (*Access, error) {
	all, err := r.Values()
	if err != nil {
		return nil, err
	}
	v, err := parseValues(all)
	if err != nil {
		return nil, err
	}
	return access(ctx, client, r.Namespace, r.Name, v.Global.Security)
}

func newAccess(ctx context.Context, client *kube.Client, namespace, release string, s security) (a *Access, err error) {
	a = &Access{client: client, namespace: namespace, release: release, brokers: release + "-kafka:9092"}
	if !s.Enabled {
		return a, nil
	}
	userSecret := s.secret(release, "kafka-user-"+testUser)
	kafka, err := readLogin(ctx, client, namespace, s.secret(release, kafkaTLS), userSecret, testUser)
	if err != nil {
		return nil, err
	}
	a.kafka = kafka.tls
	if a.mechanism, err = scram.Mechanism(scram.SHA512, testUser, kafka.password); err != nil {
		return nil, fmt.Errorf("the password in secret %s/%s: %w", namespace, userSecret, err)
	}
	a.elasticsearch, err = elasticsearchLogin(ctx, client, namespace, release, s, testUser)
	return a, err
}

func newAdminAccess(ctx context.Context, client *kube.Client, namespace, release string, s security) (a *Access, err error) {
	if !s.Enabled {
		return newAccess(ctx, client, namespace, release, s)
	}
	// Of the two Services only the headless one has the brokers' own port.
	a = &Access{client: client, namespace: namespace, release: release, brokers: release + "-kafka-headless:9091"}
	if a.kafka, err = readPair(ctx, client, namespace, s.secret(release, kafkaTLS)); err != nil {
		return nil, err
	}
	a.kafka.ServerName = release + "-kafka"
	a.elasticsearch, err = elasticsearchLogin(ctx, client, namespace, release, s, adminUser)
	return a, err
}

func elasticsearchLogin(ctx context.Context, client *kube.Client, namespace, release string, s security, user string) (*login, error) {
	return readLogin(ctx, client, namespace, s.secret(release, elasticsearchTLS), s.secret(release, "elasticsearch-user-"+user), user)
}

// HTTP is a client of a component's Service, and the Service's URL.
func (a *Access) HTTP(component string, port int, timeout time.Duration) (*http.Client, string) {
	service := a.release + "-" + component
	if component != "elasticsearch" || a.elasticsearch == nil {
		return a.client.HTTP(a.namespace, service, port, timeout), fmt.Sprintf("http://%s:%d", service, port)
	}
	transport := a.client.Transport(a.namespace, service, port)
	transport.TLSClientConfig = a.elasticsearch.tls
	return &http.Client{Timeout: timeout, Transport: basicAuth{a.elasticsearch, transport}}, fmt.Sprintf("https://%s:%d", service, port)
}

// Elasticsearch is a client of Elasticsearch, and its URL.
func (a *Access) Elasticsearch(timeout time.Duration) (*http.Client, string) {
	return a.HTTP("elasticsearch", 9200, timeout)
}

// basicAuth logs in with each request.
type basicAuth struct {
	login *login
	next  http.RoundTripper
}

func (b basicAuth) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.SetBasicAuth(b.login.user, b.login.password)
	return b.next.RoundTrip(request)
}

// Brokers is the address to find Kafka's brokers by.
func (a *Access) Brokers() string { return a.brokers }

// Kafka makes connections to brokers. They advertise names that only resolve in the cluster, <pod>.<service>...: the
// first part of the name is the pod to connect to.
func (a *Access) Kafka() *kafka.Transport {
	return &kafka.Transport{Dial: a.dialBroker, DialTimeout: 10 * time.Second, TLS: a.kafka, SASL: a.mechanism}
}

func (a *Access) dialBroker(ctx context.Context, _, address string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(host, ".")
	if service, _, _ := strings.Cut(a.brokers, ":"); name == service {
		return a.client.DialService(ctx, a.namespace, name, port)
	}
	return a.client.DialPod(ctx, a.namespace, name, port)
}
