package size

import (
	"fmt"
	"math"

	"sluice/internal/figures"
)

// Plan is how large everything has to be.
type Plan struct {
	Input         Input
	Kafka         Kafka
	Elasticsearch Elasticsearch
	Engine        Engine
	Spark         Spark
	Prometheus    Prometheus
	Pools         []Pool
	Cost          Cost
	Notes         []string // what to know before it is installed
	Steps         []Step   // the formulas, with their numbers
	Coefficients  Coefficients
}

// New plans for a load. It returns a usage error for input that can't be planned for.
func New(in Input, c Coefficients) (Plan, error) {
	if err := in.validate(); err != nil {
		return Plan{}, err
	}
	s := &sheet{Input: in, Coefficients: c}
	p := Plan{Input: in, Coefficients: c}
	p.Engine = s.engine()
	p.Spark = s.spark()
	p.Kafka = s.kafka(p.Engine.consumers(), p.Spark.TotalCores())
	p.Elasticsearch = s.elasticsearch()

	pods := p.Kafka.Pods + p.Elasticsearch.Pods + p.Engine.Pods + p.Spark.Pods
	var err error
	if p.Prometheus, err = s.prometheus(pods, p.Kafka.Partitions*in.Replication); err != nil {
		return Plan{}, err
	}
	data := []tenant{
		{"kafka", p.Kafka.Pods, p.Kafka.CPU, p.Kafka.MemoryGiB},
		{"elasticsearch", p.Elasticsearch.Pods, p.Elasticsearch.CPU, p.Elasticsearch.MemoryGiB},
	}
	engine := tenant{p.Engine.Component, p.Engine.Pods, p.Engine.CPU, p.Engine.MemoryGiB}
	p.Pools, err = s.pools(data, engine, tenant{"prometheus", 1, p.Prometheus.CPU, p.Prometheus.MemoryGiB}, tenant{"spark-worker", p.Spark.Pods, p.Spark.CPU, p.Spark.MemoryGiB})
	if err != nil {
		return Plan{}, err
	}
	p.Cost = s.cost(&p)
	p.Steps = s.steps
	p.Notes = s.notes(&p)
	return p, nil
}

// notes are what the figures alone do not say.
func (s *sheet) notes(p *Plan) []string {
	var notes []string
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	note("Kafka's disks hold while producers compress to %s of an event's bytes; where they don't, --set kafka.stored_share=1.", number(s.Value("kafka.stored_share")))
	if s.Engine == Logstash && !p.Engine.Fsync {
		note("Logstash does not flush each event (config.fsync: false): when a node's kernel dies, its last seconds are read again from Kafka by hand; see docs/engines.md. --fsync plans for it.")
	}
	if es := p.Elasticsearch; es.ShardGB > s.Value("elasticsearch.shard_gb")*1.001 {
		note("Shards of %s GB: a day's index has as many as Elasticsearch allows. Its guide wants %s GB, and at most 50.",
			number(math.Round(es.ShardGB)), number(s.Value("elasticsearch.shard_gb")))
	}
	if most := s.Value("elasticsearch.nodes_max"); float64(p.Elasticsearch.Pods) > most {
		note("%s nodes are more than one Elasticsearch of this chart was thought for (%s): give each part of the load, such as a group of services, an installation of its own.",
			figures.Thousands(int64(p.Elasticsearch.Pods)), number(most))
	}
	for _, pool := range p.Pools {
		if most := s.Value("aws.nodes_per_group"); float64(pool.PerZone) > most {
			note("The pool %s has %d nodes in each zone: ask AWS to raise the quota of %s nodes for each node group.", pool.Name, pool.PerZone, number(most))
		}
	}
	return notes
}
