package kube

import (
	"context"
	"io"
	"net"
)

// Forward listens on a free port of 127.0.0.1 and leads each connection to a ready pod behind
// the Service, until it is closed or ctx ends. A connection for which there is no pod is closed.
func (c *Client) Forward(ctx context.Context, namespace, service string, port int) (*Forwarder, error) {
	if _, _, err := c.backend(ctx, namespace, service, port); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &Forwarder{listener: listener, cancel: cancel}
	context.AfterFunc(ctx, func() { listener.Close() })
	go f.accept(ctx, func() (net.Conn, error) { return c.DialService(ctx, namespace, service, port) })
	return f, nil
}

// Forwarder is an open local port.
type Forwarder struct {
	listener net.Listener
	cancel   context.CancelFunc
}

// Addr is host:port of the local end.
func (f *Forwarder) Addr() string { return f.listener.Addr().String() }

// Close frees the port and ends its connections.
func (f *Forwarder) Close() { f.cancel() }

func (f *Forwarder) accept(ctx context.Context, dial func() (net.Conn, error)) {
	for {
		near, err := f.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer near.Close()
			far, err := dial()
			if err != nil {
				return
			}
			defer far.Close()
			join(ctx, near, far)
		}()
	}
}

// join copies both ways until either side or ctx ends.
func join(ctx context.Context, a, b net.Conn) {
	ended := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() {
			io.Copy(pair[0], pair[1])
			ended <- struct{}{}
		}()
	}
	select {
	case <-ended:
	case <-ctx.Done():
	}
}
