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

// testUser is who verify is to Kafka and Elasticsearch.
const testUser = "test"

// The Secrets of a release with global.security.enabled that verify reads, by their names in existingSecrets.
const (
	kafkaTLS          = "kafka-tls"
	kafkaUser         = "kafka-user-" + testUser
	elasticsearchTLS  = "elasticsearch-tls"
	elasticsearchUser = "elasticsearch-user-" + testUser
)

// Their keys.
const (
	caKey       = "ca.crt"
	passwordKey = "password"
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

// login is what a server needs to be believed, and the test user's password on it.
type login struct {
	tls      *tls.Config
	password string
}

// readLogin reads two Secrets: one of a server's certificate, one of the user.
func readLogin(ctx context.Context, client *kube.Client, namespace, tlsSecret, userSecret string) (*login, error) {
	ca, err := secretValue(ctx, client, namespace, tlsSecret, caKey)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, fmt.Errorf("secret %s/%s, which global.security needs, has no certificate in %s", namespace, tlsSecret, caKey)
	}
	password, err := secretValue(ctx, client, namespace, userSecret, passwordKey)
	if err != nil {
		return nil, err
	}
	return &login{&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, strings.TrimRight(string(password), "\r\n")}, nil
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
