package size

import (
	"bytes"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/internal/usage"
	"sluice/test/nodepools"
)

func plan(t *testing.T, change func(*Input)) Plan {
	t.Helper()
	c := defaults(t)
	in := DefaultInput(c)
	in.Rate = 1000
	change(&in)
	p, err := New(in, c)
	require.NoError(t, err)
	return p
}

func at(rate float64) func(*Input) { return func(in *Input) { in.Rate = rate } }

func TestBadInput(t *testing.T) {
	for want, change := range map[string]func(*Input){
		"rate is 0: set --rate":                                      func(in *Input) { in.Rate = 0 },
		"rate is NaN: set --rate":                                    func(in *Input) { in.Rate = math.NaN() },
		"rate is 1e+09: set --rate to at most":                       func(in *Input) { in.Rate = 1e9 },
		"event-bytes is 0: set --event-bytes":                        func(in *Input) { in.EventBytes = 0 },
		"peak is 0.5: set --peak":                                    func(in *Input) { in.Peak = 0.5 },
		"kafka-retention is 0: set --kafka-retention":                func(in *Input) { in.KafkaHours = 0 },
		"retention is 0: set --retention":                            func(in *Input) { in.Days = 0 },
		"replication is 4: set --replication":                        func(in *Input) { in.Replication = 4 },
		"zones is 0: set --zones":                                    func(in *Input) { in.Zones = 0 },
		`engine is "fluentd": set --engine to indexer or logstash`:   func(in *Input) { in.Engine = "fluentd" },
		"no queue that could be flushed: leave --fsync out, or set":  func(in *Input) { in.Fsync = true },
		"Prometheus would hold 223,919,198 series, too many for one": func(in *Input) { in.Rate, in.EventBytes, in.Engine = 1e8, 3000, "logstash" },
	} {
		c := defaults(t)
		in := DefaultInput(c)
		in.Rate = 1000
		change(&in)
		_, err := New(in, c)
		require.ErrorContains(t, err, want)
		assert.Equal(t, 2, usage.ExitCode(err), want)
	}
}

// The profile of values-prod.yaml is what a small load gets, on the nodes that terraform/ makes for it.
func TestSmallLoadIsTheProdProfile(t *testing.T) {
	p := plan(t, at(100))
	assert.Equal(t, []int{3, 3, 3, 3}, []int{p.Kafka.Pods, p.Elasticsearch.Pods, p.Engine.Pods, p.Spark.Pods})
	assert.Equal(t, 12, p.Kafka.Partitions)
	require.Len(t, p.Pools, len(nodepools.Prod))
	for i, prod := range nodepools.Prod {
		assert.Equal(t, prod.Name, p.Pools[i].Name)
		assert.Equal(t, prod.InstanceType, p.Pools[i].Instance.Name(), prod.Name)
		assert.Equal(t, prod.PerZone, p.Pools[i].PerZone, prod.Name)
		assert.Equal(t, prod.Dedicated, p.Pools[i].Dedicated, prod.Name)
		assert.InDelta(t, prod.Capacity.Cpu().AsApproximateFloat64(), p.Pools[i].Instance.CPU(), 0.001, prod.Name)
		assert.EqualValues(t, prod.Capacity.Memory().Value(), p.Pools[i].Instance.MemoryGiB()<<30, prod.Name)
	}
}

// random is some load within what can be planned.
func random(r *rand.Rand) Input {
	in := Input{
		Rate: math.Pow(10, 1+6*r.Float64()), EventBytes: math.Pow(10, 2+r.Float64()), Peak: 1 + 4*r.Float64(),
		KafkaHours: 1 + r.IntN(200), Days: 1 + r.IntN(100), Replication: 1 + r.IntN(3), Zones: 1 + r.IntN(4),
		Engine: []string{Indexer, Logstash}[r.IntN(2)],
	}
	in.Fsync = in.Engine == Logstash && r.IntN(4) == 0
	return in
}

// more is the same load and more of it: a little or a lot, in one respect or in several.
func more(r *rand.Rand, in Input) Input {
	factor := 1 + math.Pow(10, -3+4*r.Float64())
	for range 1 + r.IntN(3) {
		switch r.IntN(6) {
		case 0:
			in.Rate *= factor
		case 1:
			in.EventBytes = math.Min(1<<20, in.EventBytes*factor)
		case 2:
			in.Peak = math.Min(100, in.Peak*factor)
		case 3:
			in.KafkaHours += r.IntN(100)
		case 4:
			in.Days += r.IntN(100)
		case 5:
			in.Replication = min(3, in.Replication+1)
		}
	}
	return in
}

func TestMoreLoadNeverGivesLess(t *testing.T) {
	c := defaults(t)
	r := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for range 3_000 {
		less := random(r)
		greater := more(r, less)
		a, err := New(less, c)
		b, errMore := New(greater, c)
		if err != nil || errMore != nil { // more than one Prometheus can watch
			require.Error(t, errMore, "%+v can't be planned, but %+v can", less, greater)
			continue
		}
		compared++
		before, after := totals(a), totals(b)
		for _, name := range slices.Sorted(maps.Keys(before)) {
			require.GreaterOrEqual(t, after[name]*(1+1e-12), before[name], "%s\n%+v\n%+v", name, less, greater)
		}
	}
	assert.Greater(t, compared, 2_000)
}

// What a plan gives has room for what it was made for, whatever the rounding.
func TestPlansHold(t *testing.T) {
	c := defaults(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 1_000 {
		in := random(r)
		p, err := New(in, c)
		if err != nil {
			continue
		}
		load := in.Rate * in.Peak * c.growth(in.EventBytes) / c.Value("load.share")
		kafka := in.Rate * in.EventBytes * c.Value("kafka.stored_share") * float64(in.KafkaHours) * 3600 * float64(in.Replication) / c.Value("load.share")
		es := in.Rate * in.EventBytes * c.Value("elasticsearch.stored_share") * 86400 * float64(in.Days+1) * 2 / c.Value("elasticsearch.disk_share")
		all := totals(p)
		assert.GreaterOrEqual(t, all["Kafka disk GiB"]*(1<<30)*(1+1e-9), kafka)
		assert.GreaterOrEqual(t, all["Elasticsearch disk GiB"]*(1<<30)*(1+1e-9), es)
		assert.LessOrEqual(t, all["Kafka disk GiB"], 1.02*kafka/(1<<30)+100, "%+v", in)
		assert.LessOrEqual(t, all["Elasticsearch disk GiB"], 1.02*es/(1<<30)+200, "%+v", in)
		assert.GreaterOrEqual(t, all["Elasticsearch CPUs"]*c.Value("elasticsearch.events_per_cpu_second")*(1+1e-9), 2*load)
		assert.GreaterOrEqual(t, all["Kafka CPUs"]*c.Value("kafka.events_per_cpu_second")*(1+1e-9), float64(in.Replication)*load)
		assert.GreaterOrEqual(t, p.Kafka.Partitions, p.Engine.Pods)
		assert.GreaterOrEqual(t, p.Kafka.Partitions, p.Kafka.Pods)
		assert.LessOrEqual(t, p.Elasticsearch.HeapMiB, 31*1024)
		assert.LessOrEqual(t, float64(p.Elasticsearch.HeapMiB), p.Elasticsearch.MemoryGiB*1024/2)
		assert.GreaterOrEqual(t, p.Kafka.Pods, in.Replication)
		for name, pods := range map[string]int{"kafka": p.Kafka.Pods, "elasticsearch": p.Elasticsearch.Pods, "engine": p.Engine.Pods} {
			assert.Zero(t, pods%in.Zones, "%d pods of %s in %d zones", pods, name, in.Zones)
		}
		checkRoom(t, p)
		if t.Failed() {
			t.Fatalf("%+v", in)
		}
	}
}

// checkRoom holds the pools against the pods: one of each component on a node, and in each zone a node more than that takes.
func checkRoom(t *testing.T, p Plan) {
	t.Helper()
	rows := map[string]Row{"zookeeper": {Pods: 3, CPU: 0.25, MemoryGiB: 0.75}}
	for _, row := range p.Rows() {
		rows[row.Component] = row
	}
	housed := 0
	for _, pool := range p.Pools {
		cpu, memory := p.Coefficients.Value("aws.node_cpu_system"), p.Coefficients.Value("aws.node_memory_gib_system")
		for _, component := range pool.Components {
			row, ok := rows[component]
			require.True(t, ok, component)
			housed++
			cpu, memory = cpu+row.CPU, memory+row.MemoryGiB
			spare := 1
			if pool.Spot {
				spare = 0
			}
			assert.GreaterOrEqual(t, pool.PerZone, (row.Pods+p.Input.Zones-1)/p.Input.Zones+spare, "nodes of %s for %s", pool.Name, component)
		}
		assert.LessOrEqual(t, cpu, pool.Instance.CPU(), pool.Name)
		assert.LessOrEqual(t, memory, float64(pool.Instance.MemoryGiB()), pool.Name)
	}
	assert.Len(t, rows, housed, "every component has a pool")
}

func TestFlushing(t *testing.T) {
	of := func(rate float64, fsync bool) Plan {
		return plan(t, func(in *Input) { in.Rate, in.Engine, in.Fsync = rate, Logstash, fsync })
	}
	small, large, forced := of(100, false), of(20_000, false), of(20_000, true)
	assert.True(t, small.Engine.Fsync, "it costs nothing")
	assert.False(t, large.Engine.Fsync)
	assert.Contains(t, strings.Join(large.Notes, "\n"), "--fsync plans for it")
	assert.True(t, forced.Engine.Fsync)
	assert.GreaterOrEqual(t, forced.Engine.Pods*510*7/10, 40_000)
	assert.Equal(t, "flushes (fsync)", forced.Engine.Why)
	assert.NotContains(t, strings.Join(plan(t, at(20_000)).Notes, "\n"), "fsync", "of the indexer")
}

// A coefficient moves what it is for: of each, some plan depends.
func TestEachCoefficientCounts(t *testing.T) {
	c := defaults(t)
	loads := []Input{DefaultInput(c), DefaultInput(c), DefaultInput(c), DefaultInput(c)}
	loads[0].Rate = 100
	loads[1].Rate, loads[1].Engine = 5_000_000, Logstash
	loads[2].Rate, loads[2].EventBytes, loads[2].Days = 20_000, 100_000, 1
	loads[3].Rate, loads[3].Engine, loads[3].Fsync, loads[3].KafkaHours = 100_000, Logstash, true, 1000
	text := func(c Coefficients) string {
		var out bytes.Buffer
		for _, in := range loads {
			p, err := New(in, c)
			if err != nil {
				return err.Error()
			}
			require.NoError(t, p.Print(&out))
		}
		return out.String()
	}
	plain := text(c)
	for _, coefficient := range c.All() {
		if coefficient.Name == GeneratorCPUs {
			continue // nodes of EKS are taken to be as fast
		}
		changed := c
		for _, factor := range []float64{3, 0.1, 30, 0.001} {
			changed.list = slices.Clone(c.list)
			changed.list[c.at[coefficient.Name]].Value *= factor
			if text(changed) != plain {
				break
			}
		}
		assert.True(t, text(changed) != plain, "%s changes no plan", coefficient.Name)
	}
}

func TestExplain(t *testing.T) {
	c, err := defaults(t).With([]string{"kafka.stored_share=1"})
	require.NoError(t, err)
	in := DefaultInput(c)
	in.Rate = 1000
	p, err := New(in, c)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, p.Explain(&out))
	for _, coefficient := range c.All() {
		assert.Contains(t, out.String(), coefficient.Name)
		assert.Contains(t, out.String(), coefficient.Source)
	}
	assert.Contains(t, out.String(), "Kafka: all disks = rate × event-bytes × kafka.stored_share × kafka-retention × 3600 s × replication ÷ load.share ÷ GiB\n"+
		"    = 1,000 × 483 × 1 × 259,200 × 3 ÷ 0.7 ÷ 1,073,741,824 = 499.7 GiB\n")
}

// totals are what all pods of each part have together, by its name: what never gets less with more load.
func totals(p Plan) map[string]float64 {
	t := map[string]float64{
		"Kafka partitions":     float64(p.Kafka.Partitions),
		"Elasticsearch shards": float64(p.Elasticsearch.TotalShards),
		"Prometheus CPUs":      p.Prometheus.CPU,
		"Prometheus GiB":       p.Prometheus.MemoryGiB,
		"Prometheus disk GiB":  float64(p.Prometheus.VolumeGiB),
		"USD a month":          p.Cost.Total(),
	}
	for _, part := range []struct {
		name           string
		pods           int
		cpu, memoryGiB float64
		heapMiB        int
		volumeGiB      float64
	}{
		{"Kafka", p.Kafka.Pods, p.Kafka.CPU, p.Kafka.MemoryGiB, p.Kafka.HeapMiB, p.Kafka.VolumeGiB},
		{"Elasticsearch", p.Elasticsearch.Pods, p.Elasticsearch.CPU, p.Elasticsearch.MemoryGiB, p.Elasticsearch.HeapMiB, p.Elasticsearch.VolumeGiB},
		{"Engine", p.Engine.Pods, p.Engine.CPU, p.Engine.MemoryGiB, p.Engine.HeapMiB, p.Engine.VolumeGiB},
		{"Spark", p.Spark.Pods, p.Spark.CPU, p.Spark.MemoryGiB, p.Spark.ExecutorMiB, 0},
	} {
		n := float64(part.pods)
		t[part.name+" pods"] = n
		t[part.name+" CPUs"] = n * part.cpu
		t[part.name+" GiB"] = n * part.memoryGiB
		t[part.name+" heap MiB"] = n * float64(part.heapMiB)
		t[part.name+" disk GiB"] = n * part.volumeGiB
	}
	return t
}
