// Package size plans how large each part of Sluice has to be for a load: pods, volumes, nodes, and what they cost on EKS.
// More load never gives less of anything.
package size

import (
	"strings"

	"sluice/internal/usage"
)

// The engines that carry events from Kafka to Elasticsearch.
const (
	Indexer  = "indexer"
	Logstash = "logstash"
)

// Input is the load, and for how long what is kept.
type Input struct {
	Rate        float64 // events a second, as a mean over days
	EventBytes  float64 // of one event in JSON
	Peak        float64 // how many times the mean the busiest minutes are
	KafkaHours  int     // that Kafka keeps an event
	Days        int     // that Elasticsearch keeps an event
	Replication int     // copies in Kafka
	Zones       int
	Engine      string // Indexer or Logstash
	Fsync       bool   // whether Logstash flushes each event to its queue, whatever that takes
}

// DefaultInput is the profile of values-prod.yaml, without a rate.
func DefaultInput(c Coefficients) Input {
	return Input{EventBytes: c.Value("event.bytes"), Peak: 2, KafkaHours: 72, Days: 30, Replication: 3, Zones: 3, Engine: Indexer}
}

// validate returns a usage error that names the flag to set.
func (in Input) validate() error {
	switch {
	case !(in.Rate > 0):
		return usage.Errorf("rate is %v: set --rate to the mean number of events a second", in.Rate)
	case in.Rate > 1e8:
		return usage.Errorf("rate is %v: set --rate to at most 100000000 events a second, beyond what was ever thought of here", in.Rate)
	case !(in.EventBytes >= 1 && in.EventBytes <= 1<<20):
		return usage.Errorf("event-bytes is %v: set --event-bytes to 1 to 1048576, the largest record that Kafka takes", in.EventBytes)
	case !(in.Peak >= 1 && in.Peak <= 100):
		return usage.Errorf("peak is %v: set --peak to 1 to 100, the rate of the busiest minutes divided by the mean", in.Peak)
	case in.KafkaHours < 1 || in.KafkaHours > 8760:
		return usage.Errorf("kafka-retention is %d: set --kafka-retention to 1 to 8760 hours", in.KafkaHours)
	case in.Days < 1 || in.Days > 3650:
		return usage.Errorf("retention is %d: set --retention to 1 to 3650 days", in.Days)
	case in.Replication < 1 || in.Replication > 3:
		return usage.Errorf("replication is %d: set --replication to 1 to 3 copies in Kafka, one in each zone", in.Replication)
	case in.Zones < 1 || in.Zones > 6:
		return usage.Errorf("zones is %d: set --zones to 1 to 6", in.Zones)
	case in.Engine != Indexer && in.Engine != Logstash:
		return usage.Errorf("engine is %q: set --engine to %s", in.Engine, strings.Join([]string{Indexer, Logstash}, " or "))
	case in.Fsync && in.Engine == Indexer:
		return usage.Errorf("the indexer has no queue that could be flushed: leave --fsync out, or set --engine to %s", Logstash)
	}
	return nil
}
