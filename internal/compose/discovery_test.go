package compose

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDiscoveryWithoutSRVRecords(t *testing.T) {
	targets := map[string]target{
		"sluice-db-headless.sluice.svc.cluster.local":  {"sluice-db-0.sluice-db-headless.sluice.svc.cluster.local", map[string]int32{"metrics": 7000}},
		"sluice-app-headless.sluice.svc.cluster.local": {"sluice-app", map[string]int32{"http": 8000}},
	}
	got, err := addresses(`scrape_configs:
  - job_name: db # the first
    dns_sd_configs:
      - names: ['_metrics._tcp.sluice-db-headless.sluice.svc.cluster.local', _http._tcp.sluice-app-headless.sluice.svc.cluster.local]
        refresh_interval: 5s
    relabel_configs: &instance
      - source_labels: [__address__]
        target_label: instance
      - source_labels: [job]
        target_label: x
  - job_name: off
    dns_sd_configs:
      - names: [_http._tcp.sluice-off-headless.sluice.svc.cluster.local]
    relabel_configs: *instance
  - job_name: static
    static_configs:
      - targets: ['localhost:1']
`, targets)
	assert.NoError(t, err)
	assert.Equal(t, `scrape_configs:
  - job_name: db # the first
    dns_sd_configs:
      - names: [sluice-db-0.sluice-db-headless.sluice.svc.cluster.local]
        type: A
        port: 7000
        refresh_interval: 5s
      - names: [sluice-app]
        type: A
        port: 8000
        refresh_interval: 5s
    relabel_configs: &instance
      - source_labels: [__meta_dns_name]
        target_label: instance
      - source_labels: [job]
        target_label: x
  - job_name: off
    relabel_configs: *instance
  - job_name: static
    static_configs:
      - targets: ['localhost:1']
`, got)

	same, err := addresses("a:   text # of any kind", targets)
	assert.NoError(t, err)
	assert.Equal(t, "a:   text # of any kind", same)

	_, err = addresses("dns_sd_configs: [{names: [_metric._tcp.sluice-db-headless.sluice.svc.cluster.local]}]", targets)
	assert.ErrorContains(t, err, "the Service has no such port")
}
