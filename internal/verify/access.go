package verify

import (
	"context"
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
// connections and logs in as the user test where the component wants that.
type Access struct {
	client               *kube.Client
	namespace, release   string
	kafka, elasticsearch *login         // nil without security
	mechanism            sasl.Mechanism // of kafka
}

// NewAccess reads the release's values and the Secrets that they name.
func NewAccess(ctx context.Context, client *kube.Client, r release.Release) (*Access, error) {
	all, err := r.Values()
	if err != nil {
		return nil, err
	}
	v, err := parseValues(all)
	if err != nil {
		return nil, err
	}
	return newAccess(ctx, client, r.Namespace, r.Name, v.Global.Security)
}

func newAccess(ctx context.Context, client *kube.Client, namespace, release string, s security) (a *Access, err error) {
	a = &Access{client: client, namespace: namespace, release: release}
	if !s.Enabled {
		return a, nil
	}
	if a.kafka, err = readLogin(ctx, client, namespace, s.secret(release, kafkaTLS), s.secret(release, kafkaUser)); err != nil {
		return nil, err
	}
	if a.mechanism, err = scram.Mechanism(scram.SHA512, testUser, a.kafka.password); err != nil {
		return nil, fmt.Errorf("the password in secret %s/%s: %w", namespace, s.secret(release, kafkaUser), err)
	}
	a.elasticsearch, err = readLogin(ctx, client, namespace, s.secret(release, elasticsearchTLS), s.secret(release, elasticsearchUser))
	return a, err
}

// HTTP is a client of a component's Service, and the Service's URL.
func (a *Access) HTTP(component string, port int, timeout time.Duration) (*http.Client, string) {
	service := a.release + "-" + component
	if component != "elasticsearch" || a.elasticsearch == nil {
		return a.client.HTTP(a.namespace, service, port, timeout), fmt.Sprintf("http://%s:%d", service, port)
	}
	transport := a.client.Transport(a.namespace, service, port)
	transport.TLSClientConfig = a.elasticsearch.tls
	return &http.Client{Timeout: timeout, Transport: basicAuth{a.elasticsearch.password, transport}}, fmt.Sprintf("https://%s:%d", service, port)
}

// Elasticsearch is a client of Elasticsearch, and its URL.
func (a *Access) Elasticsearch(timeout time.Duration) (*http.Client, string) {
	return a.HTTP("elasticsearch", 9200, timeout)
}

// basicAuth logs in as the test user with each request.
type basicAuth struct {
	password string
	next     http.RoundTripper
}

func (b basicAuth) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.SetBasicAuth(testUser, b.password)
	return b.next.RoundTrip(request)
}

// Brokers is the address to find Kafka's brokers by.
func (a *Access) Brokers() string { return a.release + "-kafka:9092" }

// Kafka makes connections to brokers. They advertise names that only resolve in the cluster, <pod>.<service>...: the
// first part of the name is the pod to connect to.
func (a *Access) Kafka() *kafka.Transport {
	transport := &kafka.Transport{Dial: a.dialBroker, DialTimeout: 10 * time.Second}
	if a.kafka != nil {
		transport.TLS, transport.SASL = a.kafka.tls, a.mechanism
	}
	return transport
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
	if name == a.release+"-kafka" {
		return a.client.DialService(ctx, a.namespace, name, port)
	}
	return a.client.DialPod(ctx, a.namespace, name, port)
}
