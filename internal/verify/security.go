package verify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/internal/kube"
)

// Users of a release with global.security.enabled, as which it can be asked.
const (
	testUser  = "test"  // reads, and writes events
	adminUser = "admin" // may do everything; on Kafka it has a broker's certificate in the place of a password
)

// The Secrets that have the servers' certificates, by their names in existingSecrets.
const (
	kafkaTLS         = "kafka-tls"
	elasticsearchTLS = "elasticsearch-tls"
)

// Keys of Secrets.
const (
	caKey          = "ca.crt"
	certificateKey = "tls.crt"
	privateKey     = "tls.key"
	passwordKey    = "password"
)

// security is global.security of the chart's values.
type security struct {
	Enabled         bool              `json:"enabled"`
	ExistingSecrets map[string]string `json:"existingSecrets"` // instead of the release's own
}

// secret is the name of a Secret in the cluster.
func (s security) secret(release, name string) string {
	if existing := s.ExistingSecrets[name]; existing != "" {
		return existing
	}
	return release + "-" + name
}

// login is what a server needs to be believed, and who asks it.
type login struct {
	tls      *tls.Config
	user     string
	password string
}

// readLogin reads two Secrets: one of a server's certificate, one of the user.
func readLogin(ctx context.Context, client *kube.Client, namespace, tlsSecret, userSecret, user string) (*login, error) {
	config, err := readTrust(ctx, client, namespace, tlsSecret)
	if err != nil {
		return nil, err
	}
	password, err := secretValue(ctx, client, namespace, userSecret, passwordKey)
	if err != nil {
		return nil, err
	}
	return &login{config, user, strings.TrimRight(string(password), "\r\n")}, nil
}

// readTrust reads the authority of a server's certificate.
func readTrust(ctx context.Context, client *kube.Client, namespace, secret string) (*tls.Config, error) {
	ca, err := secretValue(ctx, client, namespace, secret, caKey)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("secret %s/%s, which global.security needs, has no certificate in %s", namespace, secret, caKey)
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}

// readPair reads a server's certificate and its authority, to show it to its peers.
func readPair(ctx context.Context, client *kube.Client, namespace, secret string) (*tls.Config, error) {
	config, err := readTrust(ctx, client, namespace, secret)
	if err != nil {
		return nil, err
	}
	certificate, err := secretValue(ctx, client, namespace, secret, certificateKey)
	if err != nil {
		return nil, err
	}
	key, err := secretValue(ctx, client, namespace, secret, privateKey)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("secret %s/%s: %w", namespace, secret, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

func secretValue(ctx context.Context, client *kube.Client, namespace, name, key string) ([]byte, error) {
	secret, err := client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("secret %s/%s, which global.security needs: %w", namespace, name, err)
	}
	value := secret.Data[key]
	if len(value) == 0 {
		return nil, fmt.Errorf("secret %s/%s, which global.security needs, has no key %s", namespace, name, key)
	}
	return value, nil
}
