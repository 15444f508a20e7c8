package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

// DialService connects to a port of a ready pod behind a Service, through the API server.
//
// Each connection has a port-forward of its own and picks its pod anew. So there is nothing to
// repair when a pod dies: its connections end, and the next one goes to a pod that is ready.
func (c *Client) DialService(ctx context.Context, namespace, service string, port int) (net.Conn, error) {
	pod, target, err := c.backend(ctx, namespace, service, port)
	if err != nil {
		return nil, err
	}
	return c.dial(ctx, pod, target)
}

// DialPod connects to a port of a pod, through the API server.
func (c *Client) DialPod(ctx context.Context, namespace, name string, port int) (net.Conn, error) {
	return c.dial(ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}, port)
}

// HTTP is a client whose requests all go to that Service, whatever host their URL names.
func (c *Client) HTTP(namespace, service string, port int, timeout time.Duration) *http.Client {
	return &http.Client{Timeout: timeout, Transport: c.Transport(namespace, service, port)}
}

// Transport makes requests to that Service, whatever host their URL names. Its TLSClientConfig is for https.
func (c *Client) Transport(namespace, service string, port int) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.DialService(ctx, namespace, service, port)
		},
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     time.Minute,
	}
}

func (c *Client) dial(ctx context.Context, pod *corev1.Pod, port int) (net.Conn, error) {
	transport, upgrader, err := spdy.RoundTripperFor(c.Config)
	if err != nil {
		return nil, err
	}
	url := c.CoreV1().RESTClient().Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("portforward").URL()
	dialer := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)

	// The SPDY dialer knows no context: a connection that comes too late is closed unused.
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		conn, err := open(dialer, pod.Namespace+"/"+pod.Name, port)
		select {
		case done <- result{conn, err}:
		case <-ctx.Done():
			if err == nil {
				conn.Close()
			}
		}
	}()
	select {
	case r := <-done:
		return r.conn, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", pod.Namespace, pod.Name, ctx.Err())
	}
}

func open(dialer httpstream.Dialer, pod string, port int) (net.Conn, error) {
	session, _, err := dialer.Dial(portforward.PortForwardProtocolV1Name)
	if err != nil {
		return nil, fmt.Errorf("port-forward to pod %s: %w", pod, err)
	}
	header := http.Header{}
	header.Set(corev1.PortHeader, strconv.Itoa(port))
	header.Set(corev1.PortForwardRequestIDHeader, "0")
	header.Set(corev1.StreamType, corev1.StreamTypeError)
	problems, err := session.CreateStream(header)
	if err != nil {
		session.Close()
		return nil, fmt.Errorf("port-forward to pod %s: %w", pod, err)
	}
	problems.Close() // nothing is written to it; reading goes on
	header.Set(corev1.StreamType, corev1.StreamTypeData)
	data, err := session.CreateStream(header)
	if err != nil {
		session.Close()
		return nil, fmt.Errorf("port-forward to pod %s: %w", pod, err)
	}

	near, far := net.Pipe() // gives the stream the deadlines that a net.Conn must have
	conn := &conn{Conn: near, far: far, session: session}
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		if message, _ := io.ReadAll(problems); len(message) > 0 {
			failure := fmt.Errorf("port-forward to pod %s, port %d: %s", pod, port, message)
			conn.failure.Store(&failure)
			conn.shut()
		}
	}()
	go func() {
		_, _ = io.Copy(far, data)
		<-reported // the pod's side ends both streams, so that the reason is known before the end is seen
		conn.shut()
	}()
	go func() {
		_, _ = io.Copy(data, far)
		conn.shut()
	}()
	return conn, nil
}

// conn is one forwarded connection and the session that carries it alone.
type conn struct {
	net.Conn
	far     net.Conn
	session httpstream.Connection
	once    sync.Once
	failure atomic.Pointer[error]
}

// Read tells why the pod's side ended the connection, if it said so.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if failure := c.failure.Load(); errors.Is(err, io.EOF) && failure != nil {
		err = *failure
	}
	return n, err
}

func (c *conn) Close() error {
	err := c.Conn.Close()
	c.shut()
	return err
}

// shut ends the session and lets the reader find the end of what has arrived.
func (c *conn) shut() {
	c.once.Do(func() {
		c.far.Close()
		c.session.Close()
	})
}
