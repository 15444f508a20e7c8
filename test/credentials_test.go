package test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// secure are the stacks with security on between which every component runs once.
var secure = map[string]table{
	"with Logstash":     {},
	"with indexer":      {"logstash": table{"enabled": false}, "indexer": table{"enabled": true}},
	"without ZooKeeper": {"kafka": table{"mode": "kraft", "users": table{"writers": []any{"shop"}}}, "zookeeper": table{"enabled": false}},
}

func eachSecure(t *testing.T, check func(t *testing.T, objects []object)) {
	for name, set := range secure {
		t.Run(name, func(t *testing.T) { check(t, with(t, "prod", set)) })
	}
}

// What a Secret keeps stands nowhere else: in no ConfigMap, argument or variable, and not in the notes.
func TestSecretsStayInSecrets(t *testing.T) {
	for name, set := range secure {
		t.Run(name, func(t *testing.T) {
			stack := Preset("prod")
			stack.Set = set
			rendered, err := stack.Render()
			require.NoError(t, err)
			kept, others := map[string]string{}, []string{rendered.Notes}
			for _, manifest := range rendered.Manifests {
				o, err := decode([]byte(manifest))
				require.NoError(t, err)
				secret, ok := o.(*corev1.Secret)
				if !ok {
					others = append(others, manifest)
					continue
				}
				for key, value := range secret.Data {
					if !slices.Contains([]string{"username", "admin-user", "ca.crt", "tls.crt"}, key) {
						kept[secret.Name+"/"+key] = strings.TrimSpace(string(value))
					}
				}
			}
			assert.GreaterOrEqual(t, len(kept), 18)
			for key, value := range kept {
				require.GreaterOrEqual(t, len(value), 32, key)
				for _, text := range others {
					assert.NotContains(t, text, value, key)
				}
			}
			assert.Len(t, slices.Compact(slices.Sorted(maps.Values(kept))), len(kept), "two of them are the same")
		})
	}
}

// Each Secret that a pod mounts or reads is there, with the key.
func TestSecretsThatPodsNeedAreThere(t *testing.T) {
	eachSecure(t, func(t *testing.T, objects []object) {
		keys := map[string]map[string][]byte{}
		for _, secret := range of[*corev1.Secret](objects) {
			keys[secret.Name] = secret.Data
		}
		used := 0
		need := func(pod workload, secret string, items ...string) {
			used++
			if assert.Contains(t, keys, secret, title(pod)) {
				for _, key := range items {
					assert.Contains(t, keys[secret], key, "%s: of %s", title(pod), secret)
				}
			}
		}
		for _, w := range workloads(objects) {
			for _, v := range w.template.Spec.Volumes {
				switch {
				case v.Secret != nil:
					need(w, v.Secret.SecretName)
				case v.Projected != nil:
					for _, source := range v.Projected.Sources {
						for _, item := range source.Secret.Items {
							need(w, source.Secret.Name, item.Key)
						}
					}
				}
			}
			for _, c := range containers(w.template.Spec) {
				for _, e := range c.Env {
					if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
						need(w, e.ValueFrom.SecretKeyRef.Name, e.ValueFrom.SecretKeyRef.Key)
					}
				}
			}
		}
		assert.Greater(t, used, 40)
	})
}

// A pod gets its own password and no other one; the authority's key is mounted nowhere.
func TestPodsGetOnlyTheirOwnSecrets(t *testing.T) {
	allowed := map[string]*regexp.Regexp{
		"elasticsearch": regexp.MustCompile(`^sluice-elasticsearch-(tls|user-\w+)$`),
		"kafka-users":   regexp.MustCompile(`^sluice-kafka-(tls|user-[\w-]+)$`),
	}
	eachSecure(t, func(t *testing.T, objects []object) {
		for _, w := range workloads(objects) {
			document, err := json.Marshal(w.template)
			require.NoError(t, err)
			names := map[string]bool{}
			for _, match := range regexp.MustCompile(`"(sluice-(?:ca|zookeeper-tls|kafka-tls|\w+-user-[\w-]+))"`).FindAllStringSubmatch(string(document), -1) {
				names[match[1]] = true
			}
			assert.NotContains(t, names, "sluice-ca", title(w))
			users := map[string]bool{}
			for name := range names {
				if server, user, ok := strings.Cut(name, "-user-"); ok && !allowedIn(allowed, w, name) {
					assert.False(t, users[server], "%s has more than one user of %s: %s", title(w), server, user)
					users[server] = true
				}
			}
		}
	})
}

func allowedIn(allowed map[string]*regexp.Regexp, w workload, secret string) bool {
	pattern, ok := allowed[w.GetLabels()["app.kubernetes.io/name"]]
	return ok && pattern.MatchString(secret)
}

// Nothing asks a secure server without TLS, or listens without it.
func TestNothingIsPlain(t *testing.T) {
	plain := regexp.MustCompile(`http://sluice-elasticsearch\.\S*:9200|PLAINTEXT`)
	eachSecure(t, func(t *testing.T, objects []object) {
		for _, o := range objects {
			assert.NotRegexp(t, plain, fmt.Sprintf("%+v", o), title(o))
		}
	})
	found := 0
	for _, o := range presetObjects(t, "dev") {
		found += len(plain.FindAllString(fmt.Sprintf("%+v", o), -1))
	}
	assert.Positive(t, found, "the check would find it: dev has it")
}

// Each server's certificate is valid for the names that its clients use, and both ways between its peers.
func TestCertificates(t *testing.T) {
	objects := with(t, "prod", nil)
	for _, server := range []string{"zookeeper", "kafka", "elasticsearch"} {
		secret := named[*corev1.Secret](t, objects, "sluice-"+server+"-tls")
		pair, err := tls.X509KeyPair(secret.Data["tls.crt"], secret.Data["tls.key"])
		require.NoError(t, err)
		assert.Contains(t, string(secret.Data["tls.key"]), "-----BEGIN PRIVATE KEY-----\n", "Kafka and ZooKeeper read no other form")
		assert.Equal(t, "CN=sluice-"+server, pair.Leaf.Subject.String(), "Kafka knows its brokers by it")
		trusted := x509.NewCertPool()
		require.True(t, trusted.AppendCertsFromPEM(secret.Data["ca.crt"]))
		for _, name := range []string{
			"sluice-" + server, "sluice-" + server + ".sluice.svc.cluster.local", "sluice-" + server + "-headless.sluice.svc.cluster.local",
			"sluice-" + server + "-2.sluice-" + server + "-headless.sluice.svc.cluster.local", "localhost",
		} {
			for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
				_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: trusted, DNSName: name, KeyUsages: []x509.ExtKeyUsage{use}})
				assert.NoError(t, err)
			}
		}
		_, err = pair.Leaf.Verify(x509.VerifyOptions{Roots: trusted, DNSName: "sluice-grafana"})
		assert.Error(t, err, "for no other name")
	}
}

// While the authority is rotated, servers trust two, and ZooKeeper tells them apart by their names.
func TestAuthoritiesHaveNamesOfTheirOwn(t *testing.T) {
	name := func() string {
		secret := named[*corev1.Secret](t, with(t, "prod", nil), "sluice-ca")
		pair, err := tls.X509KeyPair(secret.Data["tls.crt"], secret.Data["tls.key"])
		require.NoError(t, err)
		return pair.Leaf.Subject.String()
	}
	assert.NotEqual(t, name(), name())
}

// With a Secret of one's own for each, none is made, and pods use these.
func TestExistingSecrets(t *testing.T) {
	existing, made := table{}, []string{}
	for _, secret := range of[*corev1.Secret](with(t, "prod", nil)) {
		name := strings.TrimPrefix(secret.Name, "sluice-")
		if strings.HasSuffix(name, "-tls") || strings.Contains(name, "-user-") {
			existing[name] = "my-" + name
			made = append(made, secret.Name)
		}
	}
	objects := with(t, "prod", table{"global": table{"security": table{"existingSecrets": existing}}})
	for _, secret := range of[*corev1.Secret](objects) {
		assert.NotContains(t, append(made, "sluice-ca"), secret.Name)
	}
	var used strings.Builder
	for _, w := range workloads(objects) {
		document, err := json.Marshal(w.template)
		require.NoError(t, err)
		used.Write(document)
		for _, name := range made {
			assert.NotContains(t, string(document), `"`+name+`"`, title(w))
		}
	}
	for name := range existing {
		assert.Contains(t, used.String(), `"my-`+name+`"`)
	}
}

// cert-manager's definitions are the judge of what it is asked for; its Secrets are those that pods mount.
func TestCertManager(t *testing.T) {
	definition := func(kind string) crd {
		return readCRD(t, "cert-manager", "github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_"+kind+".yaml")
	}
	certificate, issuer := definition("certificates"), definition("issuers")
	set := func(certManager table) table {
		return table{"global": table{"security": table{"certManager": certManager}}}
	}
	objects, custom := withCustom(t, set(table{"enabled": true}))
	for _, secret := range of[*corev1.Secret](objects) {
		assert.NotContains(t, secret.Data, "tls.key", "%s: made beside cert-manager's", secret.Name)
	}
	secrets := map[string]bool{}
	for _, o := range custom["Certificate"] {
		assert.Empty(t, certificate.problems(t, o))
		spec := o["spec"].(table)
		secrets[spec["secretName"].(string)] = true
		assert.Equal(t, "PKCS8", spec["privateKey"].(table)["encoding"])
	}
	assert.Equal(t, map[string]bool{"sluice-ca": true, "sluice-zookeeper-tls": true, "sluice-kafka-tls": true, "sluice-elasticsearch-tls": true}, secrets)
	require.Len(t, custom["Issuer"], 2)
	for _, o := range custom["Issuer"] {
		assert.Empty(t, issuer.problems(t, o))
	}

	_, custom = withCustom(t, set(table{"enabled": true, "issuerRef": table{"kind": "ClusterIssuer", "name": "company"}}))
	assert.Empty(t, custom["Issuer"])
	require.Len(t, custom["Certificate"], 3)
	for _, o := range custom["Certificate"] {
		assert.Equal(t, table{"kind": "ClusterIssuer", "name": "company"}, o["spec"].(table)["issuerRef"])
	}

	broken := custom["Certificate"][0]
	broken["spec"].(table)["dnsName"] = "x" // dnsNames is meant
	assert.Equal(t, []string{"unknown field spec.dnsName"}, certificate.problems(t, broken))
}

func TestSecurityThatCannotWork(t *testing.T) {
	for want, security := range map[string]table{
		"global.security.existingSecrets.kafka-tsl: Helm makes no Secret of that name: use one of zookeeper-tls, kafka-tls": {"existingSecrets": table{"kafka-tsl": "mine"}},
		"at '/global/security/certificateDays': minimum: got 0, want 1":                                                     {"certificateDays": 0},
		"at '/global/security/certManager': additional properties 'issuer' not allowed":                                     {"certManager": table{"issuer": "x"}},
	} {
		stack := Preset("prod")
		stack.Set = table{"global": table{"security": security}}
		_, err := stack.Render()
		assert.ErrorContains(t, err, want)
	}
}
