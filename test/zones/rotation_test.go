//go:build zones

package zones

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/scram"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"sluice/test/live"
)

// What docs/security.md says of rotation, step by step and under load: nothing acknowledged is lost, the new is in use,
// the old is refused.
func TestRotation(t *testing.T) {
	r := connect(t)
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	old := string(r.secret(t, "kafka-user-engine")["password"])
	require.NoError(t, r.logIn(t, "engine", old), "before anything is rotated")
	nodes := r.certificate(t, "elasticsearch-0", 9200)

	r.rotate(t, "a password and the certificate of Elasticsearch", func(r *release) {
		r.remake(t, "kafka-user-engine", "elasticsearch-tls")
		r.restart(t, r.engine)
		r.waitRollout(t, r.engine)
		require.Eventually(t, func() bool { return r.certificate(t, "elasticsearch-0", 9200) != nodes }, 3*time.Minute, 2*time.Second,
			"Elasticsearch reads its new certificate by itself")
	})
	require.NoError(t, r.logIn(t, "engine", string(r.secret(t, "kafka-user-engine")["password"])), "with the new password")
	require.ErrorContains(t, r.logIn(t, "engine", old), "SASL", "the old password")

	if !live.Soak {
		t.Log("left out: the brokers' certificate and the authority, for which Kafka, then everything restarts; SLUICE_SOAK=1 for them too")
		return
	}
	brokers := r.certificate(t, "kafka-0", 9092)
	r.rotate(t, "the certificate of the brokers", func(r *release) {
		r.remake(t, "kafka-tls")
		r.restart(t, "kafka")
		r.restart(t, "kafka-users")
		r.waitRollout(t, "kafka")
	})
	require.NotEqual(t, brokers, r.certificate(t, "kafka-0", 9092), "the brokers' certificate")
	authority := string(r.secret(t, "ca")["tls.crt"])
	r.rotate(t, "the authority, 1: both are trusted", func(r *release) {
		r.patchSecret(t, "ca", `[{"op":"copy","from":"/data/tls.crt","path":"/data/previous.crt"},{"op":"remove","path":"/data/tls.crt"},{"op":"remove","path":"/data/tls.key"}]`)
		r.remake(t)
		r.restartAll(t)
	})
	require.NotEqual(t, authority, string(r.secret(t, "ca")["tls.crt"]))
	r.rotate(t, "the authority, 2: servers have certificates of the new one", func(r *release) {
		r.remake(t, "zookeeper-tls", "kafka-tls", "elasticsearch-tls")
		for _, server := range []string{"zookeeper", "kafka", "elasticsearch"} {
			r.restart(t, server)
		}
		for _, server := range []string{"zookeeper", "kafka", "elasticsearch"} {
			r.waitRollout(t, server)
		}
	})
	r.rotate(t, "the authority, 3: the old one is trusted no more", func(r *release) {
		r.patchSecret(t, "ca", `[{"op":"remove","path":"/data/previous.crt"}]`)
		r.remake(t)
		r.restartAll(t)
	})
	require.NotContains(t, string(r.secret(t, "kafka-tls")["ca.crt"]), authority)
	r.WaitReady(t, 15*time.Minute)
}

// rotate does a step under load, by a client that knows what was true before it.
func (r *release) rotate(t *testing.T, what string, do func(*release)) {
	t.Helper()
	r = connect(t)
	l := r.startLoad(t, r.topic, kafka.RequireAll)
	require.Eventually(t, func() bool { return l.count() > 0 }, time.Minute, 100*time.Millisecond)
	began := time.Now()
	do(r)
	r.WaitReady(t, 5*time.Minute, r.pipeline()...)
	l.stop(t)
	t.Logf("%s: %.0f s", what, time.Since(began).Seconds())
	l.r = connect(t) // a client that knows what is true now
	l.check(t)
}

// remake deletes Secrets and upgrades the release to what it is, which makes them anew.
func (r *release) remake(t *testing.T, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		require.NoError(t, r.CoreV1().Secrets(name).Delete(t.Context(), name+"-"+secret, metav1.DeleteOptions{}))
	}
	r.change(t)
}

// restartAll replaces every pod, one of each set at a time, and waits for that.
func (r *release) restartAll(t *testing.T) {
	t.Helper()
	sets, err := r.AppsV1().StatefulSets(name).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	deployments, err := r.AppsV1().Deployments(name).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var components []string
	for _, deployment := range deployments.Items {
		components = append(components, deployment.Labels["app.kubernetes.io/name"])
	}
	for _, set := range sets.Items {
		components = append(components, set.Labels["app.kubernetes.io/name"])
	}
	for _, component := range components {
		r.restart(t, component)
	}
	for _, component := range components {
		r.waitRollout(t, component)
	}
}

func (r *release) secret(t *testing.T, secret string) map[string][]byte {
	t.Helper()
	found, err := r.CoreV1().Secrets(name).Get(t.Context(), name+"-"+secret, metav1.GetOptions{})
	require.NoError(t, err)
	return found.Data
}

func (r *release) patchSecret(t *testing.T, secret, patch string) {
	t.Helper()
	_, err := r.CoreV1().Secrets(name).Patch(t.Context(), name+"-"+secret, types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
	require.NoError(t, err)
}

// certificate is the number of the one that a server shows.
func (r *release) certificate(t *testing.T, pod string, port int) string {
	t.Helper()
	connection, err := r.DialPod(t.Context(), name, name+"-"+pod, port)
	require.NoError(t, err)
	defer connection.Close()
	server := tls.Client(connection, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	require.NoError(t, server.HandshakeContext(t.Context()))
	return server.ConnectionState().PeerCertificates[0].SerialNumber.String()
}

// logIn asks a broker for the topic, as a client with a password does.
func (r *release) logIn(t *testing.T, user, password string) error {
	t.Helper()
	mechanism, err := scram.Mechanism(scram.SHA512, user, password)
	require.NoError(t, err)
	trusted := x509.NewCertPool()
	require.True(t, trusted.AppendCertsFromPEM(r.secret(t, "kafka-tls")["ca.crt"]))
	transport := r.Access(t).Kafka()
	transport.SASL, transport.TLS = mechanism, &tls.Config{RootCAs: trusted, ServerName: name + "-kafka", MinVersion: tls.VersionTLS12}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	client := kafka.Client{Addr: kafka.TCP(broker(0) + ":9092"), Transport: transport}
	_, err = client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{r.topic}})
	return err
}
