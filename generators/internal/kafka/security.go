package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"os"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"

	"sluice/generators/internal/cli"
)

func (t TLS) validate() error {
	switch {
	case !t.Enabled && (t.CA != "" || t.Cert != "" || t.Key != ""):
		return cli.Misusef("--tls-ca, --tls-cert and --tls-key need --tls")
	case (t.Cert == "") != (t.Key == ""):
		return cli.Misusef("--tls-cert and --tls-key belong together: set both or none")
	}
	return nil
}

// config reads the files; nil means no TLS.
func (t TLS) config() (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, cli.Misusef("cannot read --tls-ca: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, cli.Misusef("--tls-ca %s holds no certificate: set it to a PEM file", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, cli.Misusef("cannot use --tls-cert %s with --tls-key %s: %w", t.Cert, t.Key, err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}

func (s SASL) validate() error {
	if s.Mechanism == "none" {
		if s.Username != "" || s.Password != "" {
			return cli.Misusef("--username and --password need --sasl: set it to plain, scram-sha-256 or scram-sha-512")
		}
		return nil
	}
	if s.Username == "" || s.Password == "" {
		return cli.Misusef("--sasl %s needs --username and a password: set SLUICE_USERNAME and SLUICE_PASSWORD", s.Mechanism)
	}
	_, err := s.mechanism()
	return err
}

// mechanism is nil for none.
func (s SASL) mechanism() (sasl.Mechanism, error) {
	switch s.Mechanism {
	case "none":
		return nil, nil
	case "plain":
		return plain.Mechanism{Username: s.Username, Password: s.Password}, nil
	case "scram-sha-256":
		return s.scram(scram.SHA256)
	case "scram-sha-512":
		return s.scram(scram.SHA512)
	}
	return nil, cli.Misusef("--sasl is %q: set it to none, plain, scram-sha-256 or scram-sha-512", s.Mechanism)
}

func (s SASL) scram(algorithm scram.Algorithm) (sasl.Mechanism, error) {
	m, err := scram.Mechanism(algorithm, s.Username, s.Password)
	if err != nil {
		return nil, cli.Misusef("cannot use --username and --password: %w", err)
	}
	return m, nil
}
