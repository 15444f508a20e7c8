package credentials

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// Dialer opens TLS connections and reads CAFile for each of them.
type Dialer struct {
	CAFile  string
	Timeout time.Duration
}

// DialContext connects to addr and does the TLS handshake within Timeout.
func (d Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	cfg, err := TLS(d.CAFile)
	if err != nil {
		return nil, err
	}
	return (&tls.Dialer{NetDialer: &net.Dialer{Timeout: d.Timeout}, Config: cfg}).DialContext(ctx, network, addr)
}
