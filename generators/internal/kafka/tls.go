package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"net"
	"os"
	"time"

	"sluice/internal/cli"
)

// TLS says how connections are encrypted. The fields are PEM files; CA empty = the system's.
type TLS struct {
	Enabled       bool
	CA, Cert, Key string
}

func (t *TLS) flags(fs *flag.FlagSet) {
	fs.BoolVar(&t.Enabled, "tls", false, "encrypt connections")
	fs.StringVar(&t.CA, "tls-ca", "", "PEM file of the authority that signs the brokers; empty = the system's")
	fs.StringVar(&t.Cert, "tls-cert", "", "PEM file of the client's certificate")
	fs.StringVar(&t.Key, "tls-key", "", "PEM file of the client's key")
}

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

// dialer connects within timeout, encrypted if t says so. It reads the files for each connection: certificates are renewed in
// place. Each of its errors is one of dialing, which franz-go tries again, and not only those of the network.
func (t TLS) dialer(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: timeout}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		cfg, err := t.config()
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		if cfg == nil {
			return plain.DialContext(ctx, network, address)
		}
		conn, err := (&tls.Dialer{NetDialer: plain, Config: cfg}).DialContext(ctx, network, address)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		return conn, nil
	}
}
