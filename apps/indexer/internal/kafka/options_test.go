package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/apps/indexer/internal/config"
	"sluice/internal/cli"
)

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// certificate is one for 127.0.0.1, and its authority in PEM.
func certificate(t *testing.T) (tls.Certificate, string) {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	t.Cleanup(server.Close)
	pool := x509.NewCertPool()
	pool.AddCert(server.Certificate())
	return server.TLS.Certificates[0], string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// Password and authority are read for each connection, so that a change needs no restart.
func TestFilesAreReadAgain(t *testing.T) {
	pair, authority := certificate(t)
	password, ca := filepath.Join(t.TempDir(), "password"), filepath.Join(t.TempDir(), "ca.crt")
	for _, mechanism := range []string{config.Plain, config.ScramSHA256, config.ScramSHA512} {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}), kfake.EnableSASL(),
			kfake.Superuser(mechanism, "engine", "second"))
		require.NoError(t, err)
		t.Cleanup(cluster.Close)
		write(t, password, "first\n")
		write(t, ca, authority)
		opts, err := Options(config.Kafka{
			Brokers: cluster.ListenAddrs(), TLS: config.TLS{Enabled: true, CAFile: ca},
			SASL: config.SASL{Mechanism: mechanism, User: "engine", PasswordFile: password},
		}, "test")
		require.NoError(t, err)
		client, err := kgo.NewClient(append(opts, kgo.RequestRetries(0), kgo.RetryTimeout(time.Second))...)
		require.NoError(t, err)
		t.Cleanup(client.Close)
		require.Error(t, client.Ping(t.Context()), "the first password is wrong")
		write(t, password, "second\n")
		require.NoError(t, client.Ping(t.Context()))

		write(t, ca, "junk")
		other, err := kgo.NewClient(append(opts, kgo.RequestRetries(0), kgo.RetryTimeout(time.Second))...)
		require.NoError(t, err)
		t.Cleanup(other.Close)
		require.ErrorContains(t, other.Ping(t.Context()), "holds no certificate")
		write(t, ca, authority)
		require.NoError(t, other.Ping(t.Context()))
	}
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	_, err := Options(config.Kafka{TLS: config.TLS{Enabled: true, CAFile: "/nowhere"}}, "test")
	require.ErrorContains(t, err, "kafka.tls.caFile: open /nowhere: no such file or directory: set it to a PEM file")
	require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
	_, err = Options(config.Kafka{SASL: config.SASL{Mechanism: config.Plain, User: "engine", PasswordFile: "/nowhere"}}, "test")
	require.ErrorContains(t, err, "kafka.sasl.passwordFile: open /nowhere: no such file or directory: set it to a file that holds the password of engine")
	require.Equal(t, cli.ExitMisuse, cli.ExitCode(err))
}
