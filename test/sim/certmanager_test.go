//go:build sim

package sim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"sluice/internal/run"
	"sluice/test/live"
)

// secured are the servers with a certificate.
var secured = []string{"sluice-zookeeper", "sluice-kafka", "sluice-elasticsearch"}

// cert-manager's own controllers issue what the chart asks for: a pair for each server, which clients of the release's
// authority trust, also while only one of the two knows that the authority was renewed.
func TestCertManagerIssues(t *testing.T) {
	live.SoakOnly(t) // half of it compiles cert-manager
	s := start(t, onePool(1))
	r := s.emptyRelease(t, "sluice-cert-manager")
	c := s.certManager(t, r.Namespace)
	set := []string{"global.security.certManager.enabled=true"}
	require.NoError(t, r.Apply(t.Context(), chartDir(t), []string{filepath.Join(repository(t), "values/values-prod.yaml")}, set))
	timed(t, "issued", func() { c.waitForRevision(t, 1, append(secured, "sluice-ca")...) })
	first := c.pairs(t)
	for name, pair := range first {
		assert.Contains(t, string(pair["tls.key"]), "-----BEGIN PRIVATE KEY-----", "%s: Kafka and ZooKeeper read PKCS #8 only", name)
		assert.NoError(t, trusts(pair, pair), name)
	}

	c.renew(t, "sluice-ca")
	c.waitForRevision(t, 2, "sluice-ca")
	for _, name := range secured {
		c.renew(t, name)
	}
	c.waitForRevision(t, 2, secured...)
	second := c.pairs(t)
	for _, name := range secured {
		assert.NotEqual(t, first[name]["ca.crt"], second[name]["ca.crt"], "%s: the authority was not renewed", name)
		assert.NotEqual(t, first[name]["tls.key"], second[name]["tls.key"], "%s: the certificate was not renewed", name)
		assert.NoError(t, trusts(first[name], second[name]), "%s, renewed, for a client that does not know", name)
		assert.NoError(t, trusts(second[name], first[name]), "%s, not renewed, for a client that knows", name)
	}
}

// trusts tells why a client with one Secret does not trust the server with the other, for any of its names.
func trusts(client, server map[string][]byte) error {
	pair, err := tls.X509KeyPair(server["tls.crt"], server["tls.key"])
	if err != nil {
		return err
	}
	authorities := x509.NewCertPool()
	authorities.AppendCertsFromPEM(client["ca.crt"])
	for _, name := range pair.Leaf.DNSNames {
		for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
			_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: strings.Replace(name, "*", "any", 1), Roots: authorities, KeyUsages: []x509.ExtKeyUsage{usage}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// certManager is cert-manager serving one namespace.
type certManager struct {
	simulation
	certificates dynamic.ResourceInterface
	namespace    string
}

// certManager gives the API server cert-manager's definitions and runs its controllers until the test's end.
func (s simulation) certManager(t *testing.T, namespace string) certManager {
	t.Helper()
	tool := filepath.Join(repository(t), "tools", "cert-manager")
	client, err := dynamic.NewForConfig(s.client.Config)
	require.NoError(t, err)
	binary := filepath.Join(t.TempDir(), "cert-manager")
	timed(t, "cert-manager built", func() {
		_, err := run.Cmd{Dir: tool, Args: []string{"go", "build", "-o", binary, "."}}.Run(t.Context())
		require.NoError(t, err)
	})

	// After the build: it has downloaded the module.
	module, err := run.Cmd{Dir: tool, Args: []string{"go", "list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager"}}.Run(t.Context())
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(module, "deploy", "crds", "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	definitions := client.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var definition unstructured.Unstructured
		require.NoError(t, yaml.UnmarshalStrict(text, &definition.Object))
		_, err = definitions.Apply(t.Context(), definition.GetName(), &definition, metav1.ApplyOptions{FieldManager: "test"})
		require.NoError(t, err)
		t.Cleanup(func() {
			assert.NoError(t, definitions.Delete(context.Background(), definition.GetName(), metav1.DeleteOptions{}))
		})
	}

	process := exec.CommandContext(t.Context(), binary, "--kubeconfig", s.Kubeconfig, "--namespace", namespace)
	var log strings.Builder
	process.Stdout, process.Stderr = &log, &log
	require.NoError(t, process.Start())
	t.Cleanup(func() { // t.Context() has ended, and the process with it
		_ = process.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	certificates := client.Resource(schema.GroupVersionResource{Group: "cert-manager.io", Version: "v1", Resource: "certificates"})
	return certManager{s, certificates.Namespace(namespace), namespace}
}

// renew asks for a new certificate as cert-manager's command line does.
func (c certManager) renew(t *testing.T, name string) {
	t.Helper()
	o, err := c.certificates.Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	conditions, _, err := unstructured.NestedSlice(o.Object, "status", "conditions")
	require.NoError(t, err)
	conditions = append(conditions, map[string]any{
		"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "lastTransitionTime": time.Now().UTC().Format(time.RFC3339),
	})
	require.NoError(t, unstructured.SetNestedSlice(o.Object, conditions, "status", "conditions"))
	_, err = c.certificates.UpdateStatus(t.Context(), o, metav1.UpdateOptions{})
	require.NoError(t, err)
}

// waitForRevision waits until the certificates were issued so many times.
func (c certManager) waitForRevision(t *testing.T, revision int64, names ...string) {
	t.Helper()
	for _, name := range names {
		require.EventuallyWithT(t, func(e *assert.CollectT) {
			o, err := c.certificates.Get(t.Context(), name, metav1.GetOptions{})
			require.NoError(e, err)
			issued, _, err := unstructured.NestedInt64(o.Object, "status", "revision")
			require.NoError(e, err)
			status, err := json.Marshal(o.Object["status"])
			require.NoError(e, err)
			require.Equal(e, revision, issued, "%s: %s", name, status)
		}, time.Minute, 100*time.Millisecond)
	}
}

// pairs are the servers' Secrets, by the servers' names.
func (c certManager) pairs(t *testing.T) map[string]map[string][]byte {
	t.Helper()
	pairs := map[string]map[string][]byte{}
	for _, name := range secured {
		secret, err := c.client.CoreV1().Secrets(c.namespace).Get(t.Context(), name+"-tls", metav1.GetOptions{})
		require.NoError(t, err)
		require.Equal(t, corev1.SecretTypeTLS, secret.Type)
		pairs[name] = secret.Data
	}
	return pairs
}
