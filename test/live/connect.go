package live

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// Kafka reaches the brokers through the API server, by the names that they advertise: the first part is the pod's.
func (r Release) Kafka() *kafka.Client {
	service := r.Name + "-kafka"
	dial := func(ctx context.Context, _, address string) (net.Conn, error) {
		host, portText, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		port, err := strconv.Atoi(portText)
		if err != nil {
			return nil, err
		}
		if pod, _, _ := strings.Cut(host, "."); pod != service {
			return r.DialPod(ctx, r.Namespace, pod, port)
		}
		return r.DialService(ctx, r.Namespace, service, port)
	}
	return &kafka.Client{Addr: kafka.TCP(service + ":9092"), Timeout: 30 * time.Second, Transport: &kafka.Transport{Dial: dial, DialTimeout: 20 * time.Second, MetadataTTL: time.Second}}
}

// Services reaches every Service of the release through the API server, by the name in the URL.
func (r Release) Services() *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, portText, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			port, err := strconv.Atoi(portText)
			if err != nil {
				return nil, err
			}
			return r.DialService(ctx, r.Namespace, host, port)
		},
	}}
}
