package verify

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"sluice/internal/kube"
)

// certificate makes one that signs itself, and its PEM form.
func certificate(t *testing.T, names ...string) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: names, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// cluster has these Secrets, by name and key.
func cluster(secrets map[string]map[string]string) *kube.Client {
	set := fake.NewClientset()
	for name, data := range secrets {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Data: map[string][]byte{}}
		for key, value := range data {
			secret.Data[key] = []byte(value)
		}
		_ = set.Tracker().Add(secret)
	}
	return &kube.Client{Interface: set}
}

// secrets are those of a release "rel" whose servers have one certificate.
func secrets(ca []byte) map[string]map[string]string {
	return map[string]map[string]string{
		"rel-kafka-tls":               {"ca.crt": string(ca), "tls.crt": "unused", "tls.key": "unused"},
		"rel-elasticsearch-tls":       {"ca.crt": string(ca), "tls.crt": "unused", "tls.key": "unused"},
		"rel-kafka-user-test":         {"password": "kafka's\n"},
		"rel-elasticsearch-user-test": {"password": "elasticsearch's\n"},
	}
}

func TestElasticsearchWithSecurity(t *testing.T) {
	own, ca := certificate(t, "rel-elasticsearch")
	other, _ := certificate(t, "rel-elasticsearch")
	misnamed, misnamedCA := certificate(t, "rel-kibana")
	for title, test := range map[string]struct {
		server   tls.Certificate
		ca       []byte
		password string
		problem  string
	}{
		"as it shall be":         {own, ca, "elasticsearch's", ""},
		"an unknown authority":   {other, ca, "elasticsearch's", "certificate signed by unknown authority"},
		"another server":         {misnamed, misnamedCA, "elasticsearch's", "not rel-elasticsearch"},
		"a password that is old": {own, ca, "older", "401 Unauthorized"},
	} {
		t.Run(title, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if user, password, _ := r.BasicAuth(); user != "test" || password != test.password {
					w.WriteHeader(http.StatusUnauthorized)
				}
				fmt.Fprint(w, `{"status":"green"}`)
			}))
			server.TLS = &tls.Config{Certificates: []tls.Certificate{test.server}}
			server.StartTLS()
			defer server.Close()
			a, err := newAccess(t.Context(), cluster(secrets(test.ca)), "ns", "rel", security{Enabled: true})
			require.NoError(t, err)
			client, url := a.Elasticsearch(5 * time.Second)
			assert.Equal(t, "https://rel-elasticsearch:9200", url)
			transport := client.Transport.(basicAuth).next.(*http.Transport)
			transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
			}

			_, err = elasticsearchHealth(t.Context(), client, url+"/_cluster/health")
			if test.problem == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.problem)
			}
		})
	}
}

func TestOnlyKafkaAndElasticsearchAreSecured(t *testing.T) {
	_, ca := certificate(t)
	for enabled, scheme := range map[bool]string{true: "https", false: "http"} {
		a, err := newAccess(t.Context(), cluster(secrets(ca)), "ns", "rel", security{Enabled: enabled})
		require.NoError(t, err)
		_, url := a.HTTP("elasticsearch", 9200, time.Second)
		assert.Equal(t, scheme+"://rel-elasticsearch:9200", url)
		client, url := a.HTTP("kibana", 5601, time.Second)
		assert.Equal(t, "http://rel-kibana:5601", url)
		assert.IsType(t, &http.Transport{}, client.Transport, "no other component gets the password")
		assert.Equal(t, enabled, a.Kafka().TLS != nil)
		assert.Equal(t, enabled, a.Kafka().SASL != nil)
	}
}

func TestKafkaWithSecurity(t *testing.T) {
	own, ca := certificate(t, "rel-kafka", "*.rel-kafka-headless.ns.svc.cluster.local")
	other, _ := certificate(t, "rel-kafka")
	a, err := newAccess(t.Context(), cluster(secrets(ca)), "ns", "rel", security{Enabled: true})
	require.NoError(t, err)
	assert.Equal(t, "rel-kafka:9092", a.Brokers())
	transport := a.Kafka()
	assert.Equal(t, "SCRAM-SHA-512", transport.SASL.Name())
	_, first, err := transport.SASL.Start(t.Context())
	require.NoError(t, err)
	assert.Contains(t, string(first), "n=test,")
	for _, test := range []struct {
		server  tls.Certificate
		name    string
		trusted bool
	}{
		{own, "rel-kafka", true}, {own, "rel-kafka-2.rel-kafka-headless.ns.svc.cluster.local", true}, {own, "rel-elasticsearch", false}, {other, "rel-kafka", false},
	} {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.TLS = &tls.Config{Certificates: []tls.Certificate{test.server}}
		server.StartTLS()
		config := transport.TLS.Clone()
		config.ServerName = test.name
		conn, err := tls.Dial("tcp", server.Listener.Addr().String(), config)
		if err == nil {
			conn.Close()
		}
		server.Close()
		assert.Equal(t, test.trusted, err == nil, "%s: %v", test.name, err)
	}
}

func TestSecretsThatAreMissingAreNamed(t *testing.T) {
	_, ca := certificate(t)
	for want, breakIt := range map[string]func(map[string]map[string]string){
		"secret ns/rel-kafka-tls, which global.security needs: ":                        func(s map[string]map[string]string) { delete(s, "rel-kafka-tls") },
		"secret ns/rel-kafka-user-test, which global.security needs: ":                  func(s map[string]map[string]string) { delete(s, "rel-kafka-user-test") },
		"secret ns/rel-elasticsearch-tls, which global.security needs: ":                func(s map[string]map[string]string) { delete(s, "rel-elasticsearch-tls") },
		"secret ns/rel-elasticsearch-user-test, which global.security needs: ":          func(s map[string]map[string]string) { delete(s, "rel-elasticsearch-user-test") },
		"rel-kafka-tls, which global.security needs, has no key ca.crt":                 func(s map[string]map[string]string) { delete(s["rel-kafka-tls"], "ca.crt") },
		"rel-elasticsearch-tls, which global.security needs, has no certific":           func(s map[string]map[string]string) { s["rel-elasticsearch-tls"]["ca.crt"] = "junk" },
		"rel-elasticsearch-user-test, which global.security needs, has no key password": func(s map[string]map[string]string) { s["rel-elasticsearch-user-test"]["password"] = "" },
	} {
		broken := secrets(ca)
		breakIt(broken)
		_, err := newAccess(t.Context(), cluster(broken), "ns", "rel", security{Enabled: true})
		assert.ErrorContains(t, err, want)
		_, err = newAccess(t.Context(), cluster(broken), "ns", "rel", security{})
		assert.NoError(t, err, "without security there are no Secrets")
	}
}

func TestExistingSecretsReplaceTheReleasesOwn(t *testing.T) {
	_, ca := certificate(t)
	renamed := secrets(ca)
	existing := map[string]string{}
	for _, name := range []string{"kafka-tls", "kafka-user-test", "elasticsearch-tls", "elasticsearch-user-test"} {
		renamed["my-"+name] = renamed["rel-"+name]
		delete(renamed, "rel-"+name)
		existing[name] = "my-" + name
	}
	a, err := newAccess(t.Context(), cluster(renamed), "ns", "rel", security{Enabled: true, ExistingSecrets: existing})
	require.NoError(t, err)
	assert.NotNil(t, a.kafka.RootCAs)
	assert.Equal(t, "elasticsearch's", a.elasticsearch.password)
}

// Who changes the cluster shows a broker's certificate to brokers, and is Elasticsearch's admin.
func TestAdminAccess(t *testing.T) {
	pair, ca := certificate(t, "rel-kafka")
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	admin := secrets(ca)
	admin["rel-kafka-tls"]["tls.crt"] = string(ca)
	admin["rel-kafka-tls"]["tls.key"] = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	admin["rel-elasticsearch-user-admin"] = map[string]string{"password": "admin's"}

	a, err := newAdminAccess(t.Context(), cluster(admin), "ns", "rel", security{Enabled: true})
	require.NoError(t, err)
	assert.Equal(t, "rel-kafka-headless:9091", a.Brokers())
	assert.Equal(t, pair.Certificate, a.Kafka().TLS.Certificates[0].Certificate)
	assert.Nil(t, a.Kafka().SASL)
	assert.Equal(t, "admin", a.elasticsearch.user)
	assert.Equal(t, "admin's", a.elasticsearch.password)

	admin["rel-kafka-tls"]["tls.key"] = "junk"
	_, err = newAdminAccess(t.Context(), cluster(admin), "ns", "rel", security{Enabled: true})
	assert.ErrorContains(t, err, "secret ns/rel-kafka-tls: tls: failed to find any PEM data in key")

	a, err = newAdminAccess(t.Context(), cluster(nil), "ns", "rel", security{})
	require.NoError(t, err)
	assert.Equal(t, "rel-kafka:9092", a.Brokers())
}
