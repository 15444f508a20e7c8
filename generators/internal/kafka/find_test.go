package kafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestUnreachableBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	cfg := testConfig()
	cfg.Brokers = []string{l.Addr().String()}
	cfg.ConnectTimeout = 600 * time.Millisecond

	start := time.Now()
	_, err = Open(t.Context(), cfg)
	requireMisuse(t, err, "no broker at "+l.Addr().String()+" within 600ms")
	require.ErrorContains(t, err, "connection refused: set --brokers")
	require.InDelta(t, 0.6, time.Since(start).Seconds(), 0.4, "it looks for as long as it may")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Open(ctx, cfg)
	require.ErrorIs(t, err, context.Canceled)
}

func TestSilentBroker(t *testing.T) {
	cfg := testConfig()
	cfg.Brokers = []string{serve(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); time.Sleep(time.Second) })}
	cfg.ConnectTimeout = 300 * time.Millisecond
	_, err := Open(t.Context(), cfg)
	requireMisuse(t, err, "no broker at")
}

func TestCertificates(t *testing.T) {
	pair, file := selfSigned(t)
	handshake := func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) }
	server := func(clients tls.ClientAuthType) string {
		return serve(t, func(c net.Conn) {
			handshake(tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: clients}))
		})
	}
	for name, c := range map[string]struct {
		addr, ca, want string
	}{
		"unknown authority":      {server(tls.NoClientCert), "", "set --tls-ca"},
		"no client certificate":  {server(tls.RequireAnyClientCert), file, "certificate required: set --tls-ca, --tls-cert and --tls-key"},
		"broker without TLS":     {serve(t, func(c net.Conn) { _, _ = c.Write([]byte("plain text")); handshake(c) }), file, "leave out --tls"},
		"trusted, then no Kafka": {server(tls.NoClientCert), file, "no broker at"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			cfg.Brokers = []string{c.addr}
			cfg.TLS = TLS{Enabled: true, CA: c.ca}
			cfg.ConnectTimeout = 2 * time.Second // the system's authorities are read in it, too
			_, err := Open(t.Context(), cfg)
			requireMisuse(t, err, c.want)
		})
	}
}

func TestHopelessErrorsAreNotWaitedFor(t *testing.T) {
	pair, _ := selfSigned(t)
	cfg := testConfig()
	cfg.TLS.Enabled = true
	cfg.ConnectTimeout = 3 * time.Second
	cfg.Brokers = []string{serve(t, func(c net.Conn) {
		_, _ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}}).Read(make([]byte, 1))
	})}
	start := time.Now()
	_, err := Open(t.Context(), cfg)
	requireMisuse(t, err, "set --tls-ca")
	require.Less(t, time.Since(start), cfg.ConnectTimeout)
}

// serve answers each connection with handle and returns the address.
func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); handle(c) }()
		}
	}()
	return l.Addr().String()
}

// selfSigned makes a certificate for 127.0.0.1 and a PEM file of it.
func selfSigned(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

func TestExplain(t *testing.T) {
	for want, err := range map[string]error{
		`topic "logs-topic" does not exist on localhost:9092: create it, or set --topic`: kerr.UnknownTopicOrPartition,
		"may not write to topic":       kerr.TopicAuthorizationFailed,
		"refuses the login":            kerr.SaslAuthenticationFailed,
		"set --sasl":                   kerr.IllegalSaslState,
		"set --brokers, or --tls":      net.ErrClosed,
		"set --tls-ca, --tls-cert":     x509.HostnameError{Certificate: new(x509.Certificate)},
		"trusted connection to localh": &net.OpError{Op: "dial", Err: &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}},
		"set --brokers to its TLS po":  tls.RecordHeaderError{},
	} {
		requireMisuse(t, explain(testConfig(), fmt.Errorf("wrapped: %w", err)), want)
	}
	for _, err := range []error{kerr.UnknownTopicOrPartition, kerr.SaslAuthenticationFailed, kerr.TopicAuthorizationFailed} {
		require.False(t, hopeless(err), "topic, user or grant may be about to be made: %v", err)
	}
	for _, err := range []error{kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState} {
		require.True(t, hopeless(err), err)
	}
}

// cluster is a broker with the topic and its configuration.
func cluster(t *testing.T, options ...kfake.Opt) (*kfake.Cluster, Config) {
	t.Helper()
	cfg := testConfig()
	cfg.ConnectTimeout = 10 * time.Second
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(4, cfg.Topic)}, options...)...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	cfg.Brokers = c.ListenAddrs()
	return c, cfg
}

// The user is made after the generator's first login, sees the topic after its second, and may write after its third.
func TestUserTopicAndGrantAreWaitedFor(t *testing.T) {
	c, cfg := cluster(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "u", "p"))
	cfg.SASL = SASL{"scram-sha-512", "u", "p", ""}
	faults := []*kfake.FaultHandle{
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.SASLAuthenticate}, TopLevel: true, Err: kerr.SaslAuthenticationFailed}),
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: cfg.Topic, Err: kerr.TopicAuthorizationFailed}),
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: cfg.Topic, Err: kerr.UnknownTopicOrPartition}),
		c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TopLevel: true, Err: kerr.ClusterAuthorizationFailed}),
	}
	sender, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	defer sender.Close()
	for _, fault := range faults {
		require.Equal(t, 1, fault.Hits())
	}
	left, err := sender.Send(t.Context(), records("a"), nil)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestWhatKafkaRefusesIsToldInTheEnd(t *testing.T) {
	for want, change := range map[string]func(*kfake.Cluster, *Config){
		"refuses the login: ": func(c *kfake.Cluster, _ *Config) {
			c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.SASLAuthenticate}, TopLevel: true, Err: kerr.SaslAuthenticationFailed, Count: -1})
		},
		`topic "other" does not exist`: func(_ *kfake.Cluster, cfg *Config) { cfg.Topic = "other" },
		`may not write to topic "logs-t`: func(c *kfake.Cluster, _ *Config) {
			c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.InitProducerID}, TopLevel: true, Err: kerr.ClusterAuthorizationFailed, Count: -1})
		},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c, cfg := cluster(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "p"))
			cfg.SASL = SASL{"plain", "u", "p", ""}
			cfg.ConnectTimeout = 2 * time.Second
			change(c, &cfg)
			start := time.Now()
			_, err := Open(t.Context(), cfg)
			requireMisuse(t, err, want)
			require.GreaterOrEqual(t, time.Since(start), cfg.ConnectTimeout)
		})
	}
}

func TestLoginThatTheBrokerDoesNotKnow(t *testing.T) {
	c, cfg := cluster(t, kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "p"))
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.SASLHandshake}, TopLevel: true, Err: kerr.UnsupportedSaslMechanism, Count: -1})
	cfg.SASL = SASL{"scram-sha-256", "u", "p", ""}
	start := time.Now()
	_, err := Open(t.Context(), cfg)
	requireMisuse(t, err, "refuses the login: ")
	require.Less(t, time.Since(start), cfg.ConnectTimeout)
}

func TestTheTopicTellsItsLargestBatch(t *testing.T) {
	c, cfg := cluster(t)
	cfg.Topic = "small"
	require.NoError(t, c.CreateTopic(cfg.Topic, 1, map[string]string{"max.message.bytes": "2000"}))
	most, err := largestBatch(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, int64(2000), most)

	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.TopicAuthorizationFailed})
	most, err = largestBatch(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, int64(defaultMaxBatch), most)
}

// Certificates are renewed in place: the next connection trusts the new authority.
func TestAuthorityIsReadForEachConnection(t *testing.T) {
	first, file := selfSigned(t)
	second, renewed := selfSigned(t)
	server := func(pair tls.Certificate) string {
		return serve(t, func(c net.Conn) {
			_, _ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}}).Read(make([]byte, 1))
		})
	}
	before, after := server(first), server(second)
	dial := TLS{Enabled: true, CA: file}.dialer(time.Second)
	reaches := func(address string) error {
		c, err := dial(t.Context(), "tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	require.NoError(t, reaches(before))
	require.ErrorContains(t, reaches(after), "unknown authority")
	content, err := os.ReadFile(renewed)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, content, 0o600))
	require.NoError(t, reaches(after))
}
