package kafka

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
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/stretchr/testify/require"
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
		`topic "logs-topic" does not exist on localhost:9092: create it, or set --topic`: kafka.UnknownTopicOrPartition,
		"may not write to topic":      kafka.TopicAuthorizationFailed,
		"refuses the login":           kafka.SASLAuthenticationFailed,
		"set --sasl":                  kafka.IllegalSASLState,
		"set --brokers, or --tls":     net.ErrClosed,
		"set --tls-ca, --tls-cert":    x509.HostnameError{Certificate: new(x509.Certificate)},
		"set --brokers to its TLS po": tls.RecordHeaderError{},
	} {
		requireMisuse(t, explain(testConfig(), fmt.Errorf("wrapped: %w", err)), want)
	}
	for _, err := range []error{kafka.UnknownTopicOrPartition, kafka.SASLAuthenticationFailed, kafka.TopicAuthorizationFailed} {
		require.False(t, hopeless(err), "topic, user or grant may be about to be made: %v", err)
	}
	for _, err := range []error{kafka.UnsupportedSASLMechanism, kafka.IllegalSASLState} {
		require.True(t, hopeless(err), err)
	}
}

// The user is made after the generator's first login, and may see the topic after its second.
func TestUserAndGrantAreWaitedFor(t *testing.T) {
	var logins, questions atomic.Int32
	cfg := testConfig()
	cfg.SASL = SASL{"plain", "u", "p", ""}
	cfg.ConnectTimeout = 10 * time.Second
	cfg.Brokers = []string{broker(t, func(request protocol.Message) protocol.Message {
		switch request.(type) {
		case *saslhandshake.Request:
			return &saslhandshake.Response{}
		case *saslauthenticate.Request:
			if logins.Add(1) == 1 {
				return &saslauthenticate.Response{ErrorCode: int16(kafka.SASLAuthenticationFailed)}
			}
			return &saslauthenticate.Response{}
		case *metadata.Request:
			if questions.Add(1) == 1 {
				return &metadata.Response{Topics: []metadata.ResponseTopic{{Name: cfg.Topic, ErrorCode: int16(kafka.TopicAuthorizationFailed)}}}
			}
		}
		return nil
	})}
	sender, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	sender.Close()
	require.Greater(t, logins.Load(), int32(2))
	require.Greater(t, questions.Load(), int32(1))
}

func TestRefusedLoginIsToldInTheEnd(t *testing.T) {
	cfg := testConfig()
	cfg.SASL = SASL{"plain", "u", "p", ""}
	cfg.ConnectTimeout = 800 * time.Millisecond
	cfg.Brokers = []string{broker(t, func(request protocol.Message) protocol.Message {
		if _, handshake := request.(*saslhandshake.Request); handshake {
			return &saslhandshake.Response{}
		}
		return &saslauthenticate.Response{ErrorCode: int16(kafka.SASLAuthenticationFailed)}
	})}
	start := time.Now()
	_, err := Open(t.Context(), cfg)
	requireMisuse(t, err, "refuses the login: ")
	require.GreaterOrEqual(t, time.Since(start), cfg.ConnectTimeout)
}
