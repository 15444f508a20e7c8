package test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"sluice/internal/release"
	"sluice/internal/state"
	"sluice/internal/usage"
)

// wrongValue is one value that is refused, and the line that says which one it is and what to set.
type wrongValue struct {
	set  table
	want string
}

// wrongValues has cases for every chart. Those that need more than one value are at the end.
var wrongValues = map[string]wrongValue{
	"no brokers":         {table{"kafka": table{"replicas": 0}}, "kafka.replicas is 0: set it to at least 1"},
	"half a broker":      {table{"kafka": table{"replicas": 1.5}}, "kafka.replicas is 1.5: set it to a value of type integer"},
	"replicas as text":   {table{"kafka": table{"replicas": "3"}}, `kafka.replicas is "3": set it to a value of type integer`},
	"misspelt key":       {table{"kafka": table{"replica": 3}}, "kafka.replica: there is no such value: set one of "},
	"misspelt config":    {table{"kafka": table{"config": table{"heap": 1}}}, "kafka.config.heap: there is no such value: set one of clusterId, controllers, heapMegabytes, "},
	"short digest":       {table{"kafka": table{"image": table{"digest": "sha256:1"}}}, `kafka.image.digest is "sha256:1": set it to sha256: and 64 hexadecimal digits, or nothing`},
	"no tag":             {table{"kafka": table{"image": table{"tag": ""}}}, `kafka.image.tag is "": set it to a text that is not empty`},
	"unknown mode":       {table{"kafka": table{"mode": "raft"}}, `kafka.mode is "raft": set it to one of zookeeper, kraft`},
	"cluster id":         {table{"kafka": table{"config": table{"clusterId": "mine"}}}, "kafka.config.clusterId is \"mine\": set it to what `kafka-storage.sh random-uuid` prints, or nothing"},
	"no partitions":      {table{"kafka": table{"topics": table{"config": table{"partitions": 0}}}}, "kafka.topics.config.partitions is 0: set it to at least 1"},
	"two faults of one":  {table{"kafka": table{"replicas": 0, "mode": "raft"}}, "kafka.mode is \"raft\": set it to one of zookeeper, kraft\nkafka.replicas is 0: set it to at least 1"},
	"even controllers":   {table{"kafka": table{"config": table{"controllers": 2}}}, "kafka.config.controllers is 2: set it to one of 1, 3, 5"},
	"large quorum":       {table{"zookeeper": table{"replicas": 9}}, "zookeeper.replicas is 9: set it to at most 7"},
	"ZooKeeper's heap":   {table{"zookeeper": table{"config": table{"heapMegabytes": 16}}}, "zookeeper.config.heapMegabytes is 16: set it to at least 64"},
	"ZooKeeper's port":   {table{"zookeeper": table{"ports": table{"client": 2181}}}, "zookeeper.ports.client is 2181: set it to a port from 30000 to 32767"},
	"no elasticsearch":   {table{"elasticsearch": table{"replicas": 0}}, "elasticsearch.replicas is 0: set it to at least 1"},
	"watermark":          {table{"elasticsearch": table{"config": table{"diskWatermarks": table{"low": "85"}}}}, `elasticsearch.config.diskWatermarks.low is "85": set it to a share such as 85%, or the free space such as 20gb`},
	"retention mode":     {table{"elasticsearch": table{"retention": table{"mode": "curator"}}}, `elasticsearch.retention.mode is "curator": set it to one of cronjob, ilm, none`},
	"schedule":           {table{"elasticsearch": table{"retention": table{"schedule": "daily"}}}, `elasticsearch.retention.schedule is "daily": set it to a schedule of cron with five fields, such as 20 0 * * *`},
	"refresh interval":   {table{"elasticsearch": table{"setup": table{"config": table{"refreshInterval": "-1"}}}}, `elasticsearch.setup.config.refreshInterval is "-1": set it to a duration of Elasticsearch such as 5s`},
	"no cluster name":    {table{"elasticsearch": table{"config": table{"clusterName": ""}}}, `elasticsearch.config.clusterName is "": set it to a text that is not empty`},
	"no shards":          {table{"elasticsearch": table{"setup": table{"config": table{"shards": 0}}}}, "elasticsearch.setup.config.shards is 0: set it to at least 1"},
	"a volume's size":    {table{"elasticsearch": table{"storage": table{"size": "20 GB"}}}, `elasticsearch.storage.size is "20 GB": set it to a quantity of Kubernetes such as 500m, 2 or 1Gi`},
	"quantity":           {table{"logstash": table{"storage": table{"size": "1 GB"}}}, `logstash.storage.size is "1 GB": set it to a quantity of Kubernetes such as 500m, 2 or 1Gi`},
	"a small queue":      {table{"logstash": table{"config": table{"queueMegabytes": 64}}}, "logstash.config.queueMegabytes is 64: set it to at least 128"},
	"fsync as text":      {table{"logstash": table{"config": table{"fsync": "yes"}}}, `logstash.config.fsync is "yes": set it to a value of type boolean`},
	"long cooldown":      {table{"logstash": table{"autoscaling": table{"cooldownSeconds": 7200}}}, "logstash.autoscaling.cooldownSeconds is 7200: set it to at most 3600"},
	"Beats' port":        {table{"logstash": table{"ports": table{"beats": 5044}}}, "logstash.ports.beats is 5044: set it to a port from 30000 to 32767"},
	"no indexer":         {indexing(table{"replicas": 0}), "indexer.replicas is 0: set it to at least 1"},
	"indexer's volume":   {indexing(table{"storage": table{"size": "1Gi"}}), "indexer.storage: there is no such value: set one of "},
	"indexer's config":   {indexing(table{"config": table{"queue": 1}}), "indexer.config.queue: there is no such value: set one of bulkBytes, gzip, requests"},
	"indexer's bulk":     {indexing(table{"config": table{"bulkBytes": 1024}}), "indexer.config.bulkBytes is 1024: set it to at least 65536"},
	"bulk with a unit":   {indexing(table{"config": table{"bulkBytes": "1MiB"}}), `indexer.config.bulkBytes is "1MiB": set it to a value of type integer`},
	"no request":         {indexing(table{"config": table{"requests": 0}}), "indexer.config.requests is 0: set it to at least 1"},
	"indexer's lag":      {indexing(table{"autoscaling": table{"lagThreshold": 0}}), "indexer.autoscaling.lagThreshold is 0: set it to at least 1"},
	"scaled by memory":   {indexing(table{"autoscaling": table{"by": "memory"}}), `indexer.autoscaling.by is "memory": set it to one of lag, cpu`},
	"none by CPU":        {indexing(table{"autoscaling": table{"enabled": true, "by": "cpu", "minReplicas": 0}}), "indexer.autoscaling.minReplicas is 0, but no pods use no CPU that would start one again: set it to at least 1, or indexer.autoscaling.by to lag"},
	"two engines":        {table{"indexer": table{"enabled": true}}, "indexer.enabled is true: set it to false, or logstash.enabled to false: one engine carries the events, no more and no less"},
	"no engine":          {table{"logstash": table{"enabled": false}}, "indexer.enabled is false: set it to true, or logstash.enabled to true: one engine carries the events, no more and no less"},
	"Collector":          {table{"logstash": table{"enabled": false}, "otelCollector": table{"enabled": true}}, "otelCollector: the Collector is no engine any more: leave otelCollector out, and set indexer.enabled to true where it carried the events (docs/operations.md, From 0.2.0 with the OpenTelemetry Collector)"},
	"Collector's rest":   {table{"logstash": table{"enabled": false}, "indexer": table{"enabled": true}, "otelCollector": table{"replicas": 3}}, "otelCollector: the Collector is no engine any more: leave otelCollector out, and set indexer.enabled to true where it carried the events (docs/operations.md, From 0.2.0 with the OpenTelemetry Collector)"},
	"kibana's heap":      {table{"kibana": table{"config": table{"heapMegabytes": 100}}}, "kibana.config.heapMegabytes is 100: set it to at least 512"},
	"URL with a slash":   {table{"kibana": table{"config": table{"publicBaseUrl": "https://k.example.com/"}}}, `kibana.config.publicBaseUrl is "https://k.example.com/": set it to a URL without a slash at its end, such as https://kibana.example.com, or nothing`},
	"kibana's storage":   {table{"kibana": table{"storage": table{"size": "1Gi"}}}, "kibana.storage: there is no such value: set one of "},
	"no workers":         {table{"spark": table{"worker": table{"replicas": 0}}}, "spark.worker.replicas is 0: set it to at least 1"},
	"no cores":           {table{"spark": table{"worker": table{"config": table{"cores": 0}}}}, "spark.worker.config.cores is 0: set it to at least 1"},
	"baseline's weight":  {table{"spark": table{"streamingJob": table{"config": table{"baselineWeight": 2}}}}, "spark.streamingJob.config.baselineWeight is 2: set it to at most 1"},
	"no alert's rate":    {table{"spark": table{"streamingJob": table{"config": table{"alertRate": 0}}}}, "spark.streamingJob.config.alertRate is 0: set it to more than 0"},
	"shared storage":     {table{"spark": table{"streamingJob": table{"storage": table{"accessMode": "ReadOnlyMany"}}}}, `spark.streamingJob.storage.accessMode is "ReadOnlyMany": set it to one of `},
	"unknown limit":      {table{"prometheus": table{"resources": table{"limits": table{"mem": "1Gi"}}}}, "prometheus.resources.limits.mem: there is no such value: set one of cpu, ephemeral-storage, memory"},
	"retention":          {table{"prometheus": table{"config": table{"retention": "3 days"}}}, `prometheus.config.retention is "3 days": set it to a duration of Prometheus such as 15s, 12h or 3d`},
	"retention's size":   {table{"prometheus": table{"config": table{"retentionSize": "80Gi"}}}, `prometheus.config.retentionSize is "80Gi": set it to a size such as 80GB`},
	"node port":          {table{"prometheus": table{"ports": table{"http": 9090}}}, "prometheus.ports.http is 9090: set it to a port from 30000 to 32767"},
	"port without name":  {table{"prometheus": table{"ports": table{"web": 30090}}}, "prometheus.ports.web: there is no such value: set one of http"},
	"unknown severity":   {table{"prometheus": table{"alertmanager": table{"config": table{"webhook": table{"severities": []any{"fatal"}}}}}}, `prometheus.alertmanager.config.webhook.severities.0 is "fatal": set it to one of critical, warning, info, none`},
	"severity twice":     {table{"prometheus": table{"alertmanager": table{"config": table{"slack": table{"severities": []any{"info", "info"}}}}}}, `prometheus.alertmanager.config.slack.severities is ["info","info"]: set it to a list of critical, warning, info and none, each once`},
	"mail server":        {table{"prometheus": table{"alertmanager": table{"config": table{"email": table{"smarthost": "mail.example.com"}}}}}, `prometheus.alertmanager.config.email.smarthost is "mail.example.com": set it to host:port of a mail server, or nothing`},
	"runbooks":           {table{"prometheus": table{"config": table{"runbookBase": "a b"}}}, `prometheus.config.runbookBase is "a b": set it to the address that the name of an alert is put after, without blanks, quotes and braces`},
	"two Grafanas":       {table{"grafana": table{"replicas": 2}}, "grafana.replicas is 2: set it to at most 1"},
	"Grafana's URL":      {table{"grafana": table{"config": table{"rootUrl": "grafana.example.com"}}}, `grafana.config.rootUrl is "grafana.example.com": set it to a URL such as https://grafana.example.com, or nothing`},
	"Grafana's Secret":   {table{"grafana": table{"config": table{"existingSecret": "My_Secret"}}}, `grafana.config.existingSecret is "My_Secret": set it to the name of a Secret, or nothing`},
	"rate":               {table{"generators": table{"logGenerator": table{"config": table{"rate": 0}}}}, "generators.logGenerator.config.rate is 0: set it to at least 1"},
	"level":              {table{"generators": table{"logGenerator": table{"config": table{"levels": "info:85"}}}}, `generators.logGenerator.config.levels is "info:85": set it to levels with their weights, such as info=85,error=15`},
	"duration":           {table{"generators": table{"logGenerator": table{"config": table{"linger": "5"}}}}, `generators.logGenerator.config.linger is "5": set it to a duration such as 500ms, 30s or 5m`},
	"unknown service":    {table{"generators": table{"logGenerator": table{"config": table{"burstService": "search"}}}}, `generators.logGenerator.config.burstService is "search": set it to one of `},
	"misspelt component": {table{"kafak": table{"replicas": 3}}, "kafak: there is no such value: set one of elasticsearch, generators, global, "},
	"component as text":  {table{"spark": "yes"}, `spark is "yes": set it to a table of values, such as enabled: true`},
	"misspelt global":    {table{"global": table{"topics": "x"}}, "global.topics: there is no such value: set one of anomaliesTopic, "},
	"registry as URL":    {table{"global": table{"imageRegistry": "https://r.example.com"}}, `global.imageRegistry is "https://r.example.com": set it to a registry without https://, such as registry.example.com:5000/team`},
	"index in capitals":  {table{"global": table{"index": "Logs"}}, `global.index is "Logs": set it to the name of an index: small letters, digits, dots, hyphens and underscores`},
	"topic with a slash": {table{"global": table{"topic": "a/b"}}, `global.topic is "a/b": set it to the name of a topic: letters, digits, dots, hyphens and underscores`},
	"pull policy":        {table{"global": table{"imagePullPolicy": "Sometimes"}}, `global.imagePullPolicy is "Sometimes": set it to one of Always, IfNotPresent, Never`},
	"Java option":        {table{"global": table{"javaOptions": "Xmx1g"}}, `global.javaOptions is "Xmx1g": set it to options that begin with -, a space between two`},
	"pool":               {table{"global": table{"pools": table{"kafka": "My Pool"}}}, `global.pools.kafka is "My Pool": set it to a name of small letters, digits and hyphens`},
	"empty peer":         {table{"networkPolicies": table{"peers": table{"users": []any{table{}}}}}, "networkPolicies.peers.users.0 is {}: set it to a peer of a NetworkPolicy: namespaceSelector, podSelector or ipBlock"},
	"range of nothing":   {table{"namespaceLimits": table{"ranges": []any{table{"max": table{}}}}}, "namespaceLimits.ranges.0 lacks type: set it"},

	"too many copies":   {table{"kafka": table{"config": table{"replicationFactor": 3}}}, "kafka.config.replicationFactor is 3, but there are only 1 brokers: set it to 1, or raise kafka.replicas"},
	"impossible copies": {table{"kafka": table{"config": table{"minInSyncReplicas": 2}}}, "kafka.config.minInSyncReplicas is 2, more than kafka.config.replicationFactor (1): nothing could ever be written"},
	"no ZooKeeper":      {table{"zookeeper": table{"enabled": false}}, "kafka.mode is zookeeper, but zookeeper.enabled is false: set it to true, or kafka.mode to kraft"},
	"unknown peer":      {table{"networkPolicies": table{"enabled": true, "peers": table{"user": []any{table{"podSelector": table{}}}}}}, "networkPolicies.peers.user: there is no component of that name: use one of "},
	"a large executor":  {table{"spark": table{"streamingJob": table{"config": table{"executorMegabytes": 9999}}}}, "spark.streamingJob.config.executorMegabytes is 9999, but a worker has "},
}

// What a user sees who gets a value wrong: which one, and what to set; and exit code 2, by which scripts tell it from a failure.
func TestWrongValuesAreRefused(t *testing.T) {
	root, err := state.Repository()
	require.NoError(t, err)
	covered := map[string]bool{"sluice": true} // by those of no component
	for name, test := range wrongValues {
		for component := range test.set {
			covered[component] = true
		}
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "values.yaml")
			content, err := yaml.Marshal(test.set)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file, content, 0o600))
			_, err = release.Manifests(filepath.Join(root, umbrellaDir), "sluice", "sluice", []string{filepath.Join(root, "values", "values-dev.yaml"), file}, nil)
			require.Error(t, err)
			assert.True(t, strings.HasPrefix(err.Error(), test.want), "want %q, got %q", test.want, err)
			if !strings.HasSuffix(test.want, " ") { // what follows would be a list that grows
				assert.Equal(t, test.want, err.Error())
			}
			assert.Equal(t, 2, usage.ExitCode(err))

			// `helm install` refuses it too, and names at least the key.
			stack := Preset("dev")
			stack.Set = test.set
			_, err = stack.Render()
			require.Error(t, err)
			value, _, _ := strings.Cut(strings.SplitN(test.want, " ", 2)[0], ":")
			for _, key := range []string{value[strings.LastIndex(value, ".")+1:], value[:strings.IndexAny(value+".", ".")]} {
				assert.Contains(t, err.Error(), key)
			}
		})
	}
	for _, chart := range charts(t) {
		assert.True(t, covered[chart.key()], "no wrong value of %s is tried", chart.name)
	}
	assert.GreaterOrEqual(t, len(wrongValues), 45)
}

// A regular expression tells a user nothing.
func TestPatternsAreDescribed(t *testing.T) {
	found := 0
	for _, chart := range charts(t) {
		var schema any
		require.NoError(t, json.Unmarshal([]byte(read(t, filepath.Join(chart.dir, "values.schema.json"))), &schema))
		eachPattern(schema, func(pattern string, at table) {
			found++
			assert.NotEmpty(t, at["description"], "%s: describe in its schema what may be set where the pattern is %s", chart.name, pattern)
		})
	}
	assert.NotZero(t, found)
}

func eachPattern(schema any, visit func(pattern string, at table)) {
	switch at := schema.(type) {
	case table:
		if pattern, ok := at["pattern"].(string); ok {
			visit(pattern, at)
		}
		for _, below := range at {
			eachPattern(below, visit)
		}
	case []any:
		for _, below := range at {
			eachPattern(below, visit)
		}
	}
}
