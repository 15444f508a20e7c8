package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apimachinery/pkg/util/httpstream/spdy"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
)

// fakeCluster is an API server with one Service, some pods, and a real port-forward into an HTTP server.
type fakeCluster struct {
	mu       sync.Mutex
	pods     []corev1.Pod
	sessions []httpstream.Connection
	backend  string // address that pods lead to
	refuse   string // what the pod's side says instead of connecting
}

func (f *fakeCluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/services/web"):
		reply(w, corev1.Service{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
			ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "ns"},
			Spec: corev1.ServiceSpec{
				Selector: map[string]string{"app": "web"},
				Ports:    []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromString("http")}},
			},
		})
	case strings.HasSuffix(r.URL.Path, "/pods"):
		f.mu.Lock()
		defer f.mu.Unlock()
		reply(w, corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, Items: f.pods})
	case strings.HasSuffix(r.URL.Path, "/portforward"):
		f.forward(w, r, strings.Split(r.URL.Path, "/")[6])
	default:
		http.NotFound(w, r)
	}
}

func reply(w http.ResponseWriter, object any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(object)
}

func (f *fakeCluster) forward(w http.ResponseWriter, r *http.Request, _ string) {
	if _, err := httpstream.Handshake(r, w, []string{portforward.PortForwardProtocolV1Name}); err != nil {
		return
	}
	streams := make(chan httpstream.Stream, 2)
	session := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(stream httpstream.Stream, _ <-chan struct{}) error {
		streams <- stream
		return nil
	})
	if session == nil {
		return
	}
	f.mu.Lock()
	f.sessions = append(f.sessions, session)
	refuse := f.refuse
	f.mu.Unlock()
	problems, data := <-streams, <-streams
	defer data.Close()
	defer problems.Close()
	if port := data.Headers().Get(corev1.PortHeader); port != "8080" {
		refuse = "wrong port " + port
	}
	if refuse != "" {
		fmt.Fprint(problems, refuse)
		return
	}
	conn, err := net.Dial("tcp", f.backend)
	if err != nil {
		fmt.Fprint(problems, err)
		return
	}
	defer conn.Close()
	go io.Copy(conn, data)
	io.Copy(data, conn)
}

// die ends all connections into pods.
func (f *fakeCluster) die() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, session := range f.sessions {
		session.Close()
	}
	f.sessions = nil
}

func (f *fakeCluster) set(pods ...corev1.Pod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pods = pods
}

func webPod(name string, isReady corev1.ConditionStatus) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}}}}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: isReady}}},
	}
}

func newFakeCluster(t *testing.T) (*fakeCluster, *Client) {
	t.Helper()
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d", r.URL.Path, len(body))
	}))
	t.Cleanup(backend.Close)
	cluster := &fakeCluster{backend: backend.Listener.Addr().String()}
	cluster.set(webPod("web-0", corev1.ConditionTrue))
	server := httptest.NewServer(cluster)
	t.Cleanup(server.Close)
	config := &rest.Config{Host: server.URL}
	return cluster, &Client{Interface: kubernetes.NewForConfigOrDie(config), Config: config}
}

func TestHTTPReachesThePodAndReconnects(t *testing.T) {
	cluster, client := newFakeCluster(t)
	web := client.HTTP("ns", "web", 80, 5*time.Second)

	assert.Equal(t, "/a 1000000", post(t, web, "http://web/a"))
	assert.Equal(t, "/b 1000000", post(t, web, "http://web/b"))
	assert.Len(t, cluster.sessions, 1, "a connection is used again")

	cluster.die()
	cluster.set(webPod("web-0", corev1.ConditionFalse))
	_, err := web.Get("http://web/c")
	assert.ErrorContains(t, err, "no ready pod behind service ns/web: web-0 is running but not ready")

	cluster.set(webPod("web-0", corev1.ConditionFalse), webPod("web-1", corev1.ConditionTrue))
	assert.Equal(t, "/d 1000000", post(t, web, "http://web/d"))
}

func TestDialTellsWhatThePodsSideSays(t *testing.T) {
	cluster, client := newFakeCluster(t)
	cluster.refuse = "connect to localhost:8080: connection refused"
	_, err := client.HTTP("ns", "web", 80, 5*time.Second).Get("http://web/")
	assert.ErrorContains(t, err, "port-forward to pod ns/web-0, port 8080: connect to localhost:8080: connection refused")
}

func TestDialNamesWhatIsWrongWithTheService(t *testing.T) {
	_, client := newFakeCluster(t)
	_, err := client.DialService(context.Background(), "ns", "web", 81)
	assert.ErrorContains(t, err, "service ns/web has no port 81")
	_, err = client.DialService(context.Background(), "ns", "nothing", 80)
	assert.Error(t, err)
}

func TestDialWithoutAPodFails(t *testing.T) {
	cluster, client := newFakeCluster(t)
	cluster.set()
	_, err := client.DialService(context.Background(), "ns", "web", 80)
	assert.EqualError(t, err, "no ready pod behind service ns/web: there is none")
}

func post(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	response, err := client.Post(url, "text/plain", strings.NewReader(strings.Repeat("x", 1_000_000)))
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}
