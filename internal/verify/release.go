package verify

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"sluice/internal/release"
	"sluice/internal/usage"
)

// deployed is what verify needs to know of a release.
type deployed struct {
	image      string
	pullPolicy corev1.PullPolicy
	topic      string
	index      string
	engine     string   // what carries the events: logstash or indexer
	jobs       []string // the Prometheus jobs of what is enabled
	components []string // those of the variable components that are enabled
	prometheus bool
	appService bool

	indexCopies, logCopies int // of a document, of a record
	security               security
}

// values are the parts of the chart's values that deployed is made of.
type values struct {
	Global struct {
		ImageRegistry   string            `json:"imageRegistry"`
		ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy"`
		Topic           string            `json:"topic"`
		Index           string            `json:"index"`
		Security        security          `json:"security"`
	} `json:"global"`
	Zookeeper enabled `json:"zookeeper"`
	Kafka     struct {
		enabled
		Config struct {
			ReplicationFactor int `json:"replicationFactor"`
		} `json:"config"`
	} `json:"kafka"`
	Elasticsearch struct {
		enabled
		Replicas int `json:"replicas"`
	} `json:"elasticsearch"`
	Logstash   enabled `json:"logstash"`
	Indexer    enabled `json:"indexer"`
	Kibana     enabled `json:"kibana"`
	Spark      enabled `json:"spark"`
	Grafana    enabled `json:"grafana"`
	Prometheus struct {
		enabled
		Alertmanager enabled `json:"alertmanager"`
	} `json:"prometheus"`
	Generators struct {
		enabled
		Image struct {
			Repository string `json:"repository"`
			Tag        string `json:"tag"`
			Digest     string `json:"digest"`
		} `json:"image"`
		LogGenerator enabled `json:"logGenerator"`
		AppService   enabled `json:"appService"`
	} `json:"generators"`
}

type enabled struct {
	Enabled bool `json:"enabled"`
}

// readRelease reads the values that the release runs with.
func readRelease(o Options) (deployed, error) {
	all, err := release.Release{Kubeconfig: o.Kubeconfig, Namespace: o.Namespace, Name: o.Release}.Values()
	if err != nil {
		return deployed{}, err
	}
	return deployedBy(all)
}

func parseValues(all map[string]any) (v values, err error) {
	document, err := yaml.Marshal(all)
	if err != nil {
		return v, err
	}
	if err := yaml.Unmarshal(document, &v); err != nil {
		return v, fmt.Errorf("values of the release: %w", err)
	}
	return v, nil
}

func deployedBy(all map[string]any) (deployed, error) {
	v, err := parseValues(all)
	if err != nil {
		return deployed{}, err
	}
	for key, set := range map[string]bool{
		"kafka.enabled":               v.Kafka.Enabled,
		"elasticsearch.enabled":       v.Elasticsearch.Enabled,
		"global.topic":                v.Global.Topic != "",
		"global.index":                v.Global.Index != "",
		"generators.image.repository": v.Generators.Image.Repository != "",
	} {
		if !set {
			return deployed{}, usage.Errorf("verify needs %s to be set in the release's values", key)
		}
	}
	image := v.Generators.Image
	d := deployed{
		image:      imageRef(v.Global.ImageRegistry, image.Repository, image.Tag, image.Digest),
		pullPolicy: v.Global.ImagePullPolicy,
		topic:      v.Global.Topic,
		index:      v.Global.Index,
		prometheus: v.Prometheus.Enabled,
		engine:     "logstash",
		appService: v.Generators.Enabled && v.Generators.AppService.Enabled,
		security:   v.Global.Security,

		indexCopies: min(2, v.Elasticsearch.Replicas), // one replica as soon as there are two nodes
		logCopies:   v.Kafka.Config.ReplicationFactor,
	}
	if v.Indexer.Enabled {
		d.engine = "indexer"
	}
	for _, job := range []struct {
		name    string
		enabled bool
	}{
		{"zookeeper", v.Zookeeper.Enabled},
		{"kafka", v.Kafka.Enabled},
		{"kafka-exporter", v.Kafka.Enabled},
		{"kafka-users", v.Global.Security.Enabled},
		{"elasticsearch", v.Elasticsearch.Enabled},
		{d.engine, true},
		{"spark-master", v.Spark.Enabled},
		{"spark-worker", v.Spark.Enabled},
		{"spark-streaming-job", v.Spark.Enabled},
		{"spark-executor", v.Spark.Enabled},
		{"app-service", d.appService},
		{"log-generator", v.Generators.Enabled && v.Generators.LogGenerator.Enabled},
		{"kibana", v.Kibana.Enabled},
		{"grafana", v.Grafana.Enabled},
		{"prometheus", v.Prometheus.Enabled},
		{"alertmanager", v.Prometheus.Enabled && v.Prometheus.Alertmanager.Enabled},
	} {
		if job.enabled {
			d.jobs = append(d.jobs, job.name)
		}
	}
	for setting, enabled := range map[string]bool{
		"elasticsearch.enabled":           v.Elasticsearch.Enabled,
		"kibana.enabled":                  v.Kibana.Enabled,
		"prometheus.enabled":              v.Prometheus.Enabled,
		"prometheus.alertmanager.enabled": v.Prometheus.Enabled && v.Prometheus.Alertmanager.Enabled,
		"grafana.enabled":                 v.Grafana.Enabled,
		"spark.enabled":                   v.Spark.Enabled,
	} {
		for _, c := range components {
			if enabled && c.setting == setting {
				d.components = append(d.components, c.name)
			}
		}
	}
	slices.Sort(d.components)
	return d, nil
}

// imageRef is the reference that the chart's library makes of the same values:
// the registry replaces the repository's own, which is a first part with a dot or a port.
func imageRef(registry, repository, tag, digest string) string {
	if registry != "" {
		if first, rest, found := strings.Cut(repository, "/"); found && (strings.ContainsAny(first, ".:") || first == "localhost") {
			repository = rest
		}
		repository = strings.TrimSuffix(registry, "/") + "/" + repository
	}
	if tag != "" {
		repository += ":" + tag
	}
	if digest != "" {
		repository += "@" + digest
	}
	return repository
}
