package test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// A Service that selects nothing, or names a port that its pods have not, is silent about it.
func TestServicesReachPods(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		for _, service := range of[*corev1.Service](objects) {
			var selected []workload
			for _, w := range workloads(objects) {
				if maps.Equal(service.Spec.Selector, w.template.Labels) {
					selected = append(selected, w)
				}
			}
			if !assert.Len(t, selected, 1, "workloads that %s selects", title(service)) {
				continue
			}
			for _, port := range service.Spec.Ports {
				var numbers []int32
				for _, c := range selected[0].template.Spec.Containers {
					if number := portOf(c, port.TargetPort.String()); number > 0 {
						numbers = append(numbers, number)
					}
				}
				assert.Equal(t, []int32{port.Port}, numbers, "%s, port %s: the ports of this name in its pod", title(service), port.Name)
			}
		}
	})
}

func TestStatefulSetsHaveTheirHeadlessService(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		for _, set := range of[*appsv1.StatefulSet](objects) {
			service := named[*corev1.Service](t, objects, set.Spec.ServiceName)
			assert.Equal(t, corev1.ClusterIPNone, service.Spec.ClusterIP, title(service))
			assert.True(t, service.Spec.PublishNotReadyAddresses, "%s: peers must find each other before they are ready", title(service))
		}
	})
}

func TestNodePorts(t *testing.T) {
	want := map[string]map[string]int32{
		"dev": {"sluice-prometheus": 30090, "sluice-elasticsearch": 30920, "sluice-app-service": 30800, "sluice-kibana": 30560, "sluice-grafana": 30300,
			"sluice-spark-master": 30880, "sluice-spark-history-server": 30180, "sluice-alertmanager": 30903},
		"prod": {},
	}
	for preset, want := range want {
		t.Run(preset, func(t *testing.T) {
			got := map[string]int32{}
			for _, service := range of[*corev1.Service](presetObjects(t, preset)) {
				for _, port := range service.Spec.Ports {
					if service.Spec.Type == corev1.ServiceTypeNodePort {
						got[service.Name] = port.NodePort
					}
				}
			}
			assert.Equal(t, want, got)
		})
	}
}

// Prometheus finds each job's pods through the SRV records of a headless Service: both its name and its
// port's name must be there, and no metrics port may be forgotten.
func TestPrometheusScrapesEverything(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		var config struct {
			ScrapeConfigs []struct {
				JobName      string `json:"job_name"`
				DNSSDConfigs []struct {
					Names []string
				} `json:"dns_sd_configs"`
			} `json:"scrape_configs"`
		}
		content := named[*corev1.ConfigMap](t, objects, "sluice-prometheus").Data["prometheus.yml"]
		require.NoError(t, yaml.Unmarshal([]byte(content), &config))

		scraped := map[string][]string{}
		for _, job := range config.ScrapeConfigs {
			for _, sd := range job.DNSSDConfigs {
				for _, name := range sd.Names {
					scraped[name] = append(scraped[name], job.JobName)
				}
			}
		}
		want := map[string][]string{}
		for service, jobs := range map[string]string{
			"zookeeper": "zookeeper", "kafka": "kafka", "elasticsearch-exporter": "elasticsearch", "indexer": "indexer", "logstash": "logstash",
			"app-service": "app-service", "log-generator": "log-generator", "prometheus": "prometheus", "kibana": "kibana",
			"kafka-exporter": "kafka-exporter", "kafka-users": "kafka-users", "alertmanager": "alertmanager", "grafana": "grafana",
			"spark-master": "spark-master", "spark-worker": "spark-worker", "spark-streaming-job": "spark-streaming-job spark-executor",
		} {
			port := "metrics"
			if slices.Contains([]string{"app-service", "prometheus", "alertmanager", "grafana", "indexer"}, service) || strings.HasPrefix(service, "spark-") {
				port = "http"
			}
			want["_"+port+"._tcp.sluice-"+service+"-headless.sluice.svc.cluster.local"] = strings.Fields(jobs)
		}
		assert.Equal(t, want, scraped)

		records := map[string]bool{}
		for _, service := range of[*corev1.Service](objects) {
			for _, port := range service.Spec.Ports {
				record := "_" + port.Name + "._tcp." + service.Name + ".sluice.svc.cluster.local"
				records[record] = service.Spec.ClusterIP == corev1.ClusterIPNone
				if port.Name == "metrics" {
					assert.Contains(t, scraped, record, "%s has metrics that no job scrapes", title(service))
				}
			}
		}
		for name, jobs := range scraped {
			// What this preset has switched off has a job without a target.
			service := strings.Split(name, ".")[2]
			assert.True(t, records[name] || !services(objects)[service] && everyService(t)[service], "the job %s looks for %s, which no headless Service has", jobs[0], name)
		}
	})
}

// Every name of a Service in a configuration, an argument or a variable is one that exists.
func TestHostsExist(t *testing.T) {
	eachPreset(t, func(t *testing.T, objects []object) {
		var texts []string
		for _, o := range objects {
			if _, ok := o.(*corev1.Service); ok {
				continue
			}
			text, err := yaml.Marshal(o)
			require.NoError(t, err)
			texts = append(texts, string(text))
		}
		const domain = ".sluice.svc.cluster.local"
		hosts := 0
		for _, text := range texts {
			for rest := text; ; {
				before, after, found := strings.Cut(rest, domain)
				if !found {
					break
				}
				host := before[strings.LastIndexAny(before, " ./@'\"\n=")+1:]
				scraped := strings.Contains(text, "scrape_configs:") && everyService(t)[host] // or would be, if it were switched on
				assert.True(t, services(objects)[host] || scraped, "no Service is called %s", host)
				hosts++
				rest = after
			}
		}
		assert.Greater(t, hosts, 10, "hosts found in the rendering")
	})
}

// services are the names of a rendering's Services.
func services(objects []object) map[string]bool {
	names := map[string]bool{}
	for _, service := range of[*corev1.Service](objects) {
		names[service.Name] = true
	}
	return names
}

// everyService are those of all presets.
func everyService(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, preset := range append(slices.Clone(presets), sealed) {
		maps.Copy(names, services(presetObjects(t, preset)))
	}
	return names
}
