package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/state"
)

// indexing switches the engine, and sets values of it.
func indexing(values table) table {
	set := table{"enabled": true}
	for key, value := range values {
		set[key] = value
	}
	return table{"logstash": table{"enabled": false}, "indexer": set}
}

// indexerConfig has every key that the program takes.
type indexerConfig struct {
	Kafka struct {
		Brokers []string
		Group   string
		Topics  map[string]struct {
			Index     string
			Anomalies bool
		}
		TLS *struct {
			Enabled bool
			CAFile  string
		}
		SASL *struct{ Mechanism, User, PasswordFile string }
	}
	Elasticsearch struct {
		URLs                                             []string
		CAFile, User, PasswordFile, APIKeyFile, Template string
		Gzip                                             bool
		BulkBytes, Requests                              int
	}
	RetentionDays                         int
	DeadLetterIndex, Listen, StartTimeout string
}

func indexerConfigOf(t *testing.T, objects []object) indexerConfig {
	t.Helper()
	var config indexerConfig
	content := named[*corev1.ConfigMap](t, objects, "sluice-indexer").Data["indexer.yaml"]
	require.NoError(t, yaml.UnmarshalStrict([]byte(content), &config), content)
	return config
}

func TestIndexerReadsWhatTheReleaseHas(t *testing.T) {
	plain := indexerConfigOf(t, with(t, "dev", indexing(nil)))
	assert.Equal(t, []string{"sluice-kafka.sluice.svc.cluster.local:9092"}, plain.Kafka.Brokers)
	assert.Equal(t, "sluice-indexer", plain.Kafka.Group)
	require.Len(t, plain.Kafka.Topics, 2)
	assert.Equal(t, "dev-logs-index", plain.Kafka.Topics["logs-topic"].Index)
	assert.False(t, plain.Kafka.Topics["logs-topic"].Anomalies)
	assert.Equal(t, "dev-logs-index-anomalies", plain.Kafka.Topics["log-anomalies"].Index)
	assert.True(t, plain.Kafka.Topics["log-anomalies"].Anomalies)
	assert.Nil(t, plain.Kafka.TLS)
	assert.Nil(t, plain.Kafka.SASL)
	assert.Equal(t, []string{"http://sluice-elasticsearch.sluice.svc.cluster.local:9200"}, plain.Elasticsearch.URLs)
	assert.Equal(t, "dev-logs-index", plain.Elasticsearch.Template)
	assert.Equal(t, "dev-logs-index-dead-letter", plain.DeadLetterIndex)
	assert.Equal(t, 1<<20, plain.Elasticsearch.BulkBytes, "not 1.048576e+06")
	assert.Equal(t, 3, plain.RetentionDays)

	objects := with(t, "prod", indexing(table{"config": table{"gzip": true, "requests": 4}}))
	secured := indexerConfigOf(t, objects)
	assert.Equal(t, "prod-logs-index", secured.Kafka.Topics["prod-logs-topic"].Index)
	assert.Equal(t, 30, secured.RetentionDays)
	assert.True(t, secured.Elasticsearch.Gzip)
	assert.Equal(t, 4, secured.Elasticsearch.Requests)
	assert.Equal(t, []string{"https://sluice-elasticsearch.sluice.svc.cluster.local:9200"}, secured.Elasticsearch.URLs)
	assert.Equal(t, "engine", secured.Kafka.SASL.User)
	assert.Equal(t, "engine", secured.Elasticsearch.User)

	// The files that it names are mounted.
	mounted := map[string]bool{}
	spec := named[*appsv1.Deployment](t, objects, "sluice-indexer").Spec.Template.Spec
	for _, mount := range spec.Containers[0].VolumeMounts {
		for _, v := range spec.Volumes {
			if v.Name != mount.Name || v.Projected == nil {
				continue
			}
			for _, source := range v.Projected.Sources {
				for _, item := range source.Secret.Items {
					mounted[mount.MountPath+"/"+item.Path] = true
				}
			}
		}
	}
	for _, file := range []string{secured.Kafka.TLS.CAFile, secured.Kafka.SASL.PasswordFile, secured.Elasticsearch.CAFile, secured.Elasticsearch.PasswordFile} {
		assert.True(t, mounted[file], "%s is not mounted", file)
	}
}

// The program takes the file: what it complains about is that there is no Kafka.
func TestIndexerTakesItsConfiguration(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "indexer")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./apps/indexer")
	build.Dir = root
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	for _, preset := range presets {
		t.Run(preset, func(t *testing.T) {
			objects := with(t, preset, indexing(nil))
			etc := t.TempDir()
			for _, server := range []string{"kafka", "elasticsearch"} {
				client := filepath.Join(etc, server+"-client")
				require.NoError(t, os.Mkdir(client, 0o700))
				require.NoError(t, os.WriteFile(filepath.Join(client, "password"), []byte("secret"), 0o600))
				for _, secret := range of[*corev1.Secret](objects) {
					if secret.Name == "sluice-"+server+"-tls" {
						require.NoError(t, os.WriteFile(filepath.Join(client, "ca.crt"), secret.Data["ca.crt"], 0o600))
					}
				}
			}
			content := named[*corev1.ConfigMap](t, objects, "sluice-indexer").Data["indexer.yaml"]
			content = regexp.MustCompile(`sluice-[a-z]+\.sluice\.svc\.cluster\.local:\d+`).ReplaceAllString(content, "127.0.0.1:1")
			content = strings.NewReplacer("/etc/", etc+"/", "listen: :8080", "listen: 127.0.0.1:0", "startTimeout: 10m", "startTimeout: 1s").Replace(content)
			file := filepath.Join(etc, "indexer.yaml")
			require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
			output, err := exec.CommandContext(t.Context(), program, "run", "--config="+file).CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, string(output))
			assert.Equal(t, 2, exit.ExitCode(), string(output))
			assert.Regexp(t, `kafka\.brokers(, kafka\.tls)?: 127\.0\.0\.1:1 can't be reached`, string(output))
		})
	}
}

// Nothing of it outlives a pod, so any number of them can come and go.
func TestIndexerKeepsNothing(t *testing.T) {
	for _, preset := range presets {
		objects := with(t, preset, indexing(nil))
		spec := named[*appsv1.Deployment](t, objects, "sluice-indexer").Spec.Template.Spec
		for _, v := range spec.Volumes {
			assert.True(t, v.ConfigMap != nil || v.Projected != nil, "%s: the volume %s is neither its configuration nor a Secret", preset, v.Name)
		}
		assert.Empty(t, spec.InitContainers, "it waits for the index template itself")
		for _, claim := range of[*corev1.PersistentVolumeClaim](objects) {
			assert.NotContains(t, claim.Name, "indexer")
		}
	}
}

// The heap grows to four fifths of the limit; of a limit that is in other units nothing is said.
func TestIndexerKnowsItsMemory(t *testing.T) {
	for limit, want := range map[string]string{"128Mi": "102MiB", "1Gi": "819MiB", "200M": ""} {
		objects := with(t, "dev", indexing(table{"resources": table{"limits": table{"memory": limit}}}))
		got := ""
		for _, e := range named[*appsv1.Deployment](t, objects, "sluice-indexer").Spec.Template.Spec.Containers[0].Env {
			if e.Name == "GOMEMLIMIT" {
				got = e.Value
			}
		}
		assert.Equal(t, want, got, limit)
	}
}

// Every key of its file is explained in the line before it, or before the object that it is part of.
func TestIndexerKeysAreExplained(t *testing.T) {
	content := named[*corev1.ConfigMap](t, with(t, "prod", indexing(nil)), "sluice-indexer").Data["indexer.yaml"]
	before := ""
	keys := 0
	for line := range strings.Lines(content) {
		text := strings.TrimSpace(line)
		key, _, isKey := strings.Cut(text, ":")
		group := isKey && strings.HasSuffix(text, ":") && !strings.HasPrefix(line, " ") // kafka, elasticsearch
		switch {
		case !isKey, strings.HasPrefix(text, "#"), group, strings.HasPrefix(line, "    "):
		case key == "passwordFile": // with user
			keys++
		default:
			keys++
			assert.True(t, strings.HasPrefix(before, "#"), "%s is not explained", key)
		}
		before = text
	}
	assert.GreaterOrEqual(t, keys, 16)
}

// An application may write in transactions; the engine gets read_committed by itself, and can change no document.
func TestRights(t *testing.T) {
	objects := with(t, "prod", table{"kafka": table{"users": table{"writers": []any{"shop"}}}})
	type grant struct {
		Topic, Group, TransactionalID string
		Cluster, Prefix               bool
		Operations                    []string
	}
	var users map[string][]grant
	require.NoError(t, yaml.UnmarshalStrict([]byte(named[*corev1.ConfigMap](t, objects, "sluice-kafka-users").Data["users.yaml"]), &users))
	for user, grants := range users {
		writes, transactions := false, false
		for _, g := range grants {
			for _, operation := range g.Operations {
				writes = writes || g.Topic == "prod-logs-topic" && operation == "Write"
			}
			if g.TransactionalID != "" {
				transactions = true
				assert.Equal(t, grant{TransactionalID: user + "-", Prefix: true, Operations: []string{"Write", "Describe"}}, g, user)
			}
		}
		assert.Equal(t, writes, transactions, "%s: whoever writes to the log topic may do so in transactions, and nobody else", user)
	}
	assert.Len(t, users["shop"], 2)

	var roles map[string]struct {
		Cluster []string
		Indices []struct {
			Names, Privileges      []string
			AllowRestrictedIndices bool `json:"allow_restricted_indices"`
		}
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(named[*corev1.ConfigMap](t, objects, "sluice-elasticsearch-security").Data["roles.yml"]), &roles))
	require.Len(t, roles["engine"].Indices, 1)
	privileges := roles["engine"].Indices[0].Privileges
	assert.Contains(t, privileges, "create_doc")
	for _, privilege := range []string{"index", "write", "create", "delete", "all"} {
		assert.NotContains(t, privileges, privilege, "it could write over a document, or delete it")
	}
}
