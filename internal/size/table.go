package size

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"sluice/internal/figures"
)

// Row is a line of the table of components.
type Row struct {
	Component string
	Pods      int
	CPU       float64 // of each, as are the following
	MemoryGiB float64
	HeapMiB   int
	VolumeGiB float64
	Why       string
}

// Rows are the components whose size depends on the load.
func (p Plan) Rows() []Row {
	k, e, n, s, m := p.Kafka, p.Elasticsearch, p.Engine, p.Spark, p.Prometheus
	return []Row{
		{"kafka", k.Pods, k.CPU, k.MemoryGiB, k.HeapMiB, k.VolumeGiB, k.Why},
		{"elasticsearch", e.Pods, e.CPU, e.MemoryGiB, e.HeapMiB, e.VolumeGiB, e.Why},
		{n.Component, n.Pods, n.CPU, n.MemoryGiB, n.HeapMiB, n.VolumeGiB, n.Why},
		{"spark-worker", s.Pods, s.CPU, s.MemoryGiB, s.ExecutorMiB, 0, s.Why},
		{"prometheus", 1, m.CPU, m.MemoryGiB, 0, float64(m.VolumeGiB), figures.Thousands(int64(m.Series)) + " series"},
	}
}

// Print writes the plan as aligned text.
func (p Plan) Print(w io.Writer) error {
	in := p.Input
	fmt.Fprintf(w, "%s events a second of %s bytes, %s at the peak; kept %d hours in Kafka, %d days in Elasticsearch; %d zones\n\n",
		number(in.Rate), number(in.EventBytes), number(in.Rate*in.Peak), in.KafkaHours, in.Days, in.Zones)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "COMPONENT\tPODS\tCPU\tMEMORY\tHEAP\tDISK\tDECIDED BY")
	for _, r := range p.Rows() {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s GiB\t%s\t%s\t%s\n", r.Component, figures.Thousands(int64(r.Pods)), number(r.CPU), number(r.MemoryGiB),
			orDash(r.HeapMiB, "MiB"), orDash(ceil(r.VolumeGiB), "GiB"), r.Why)
	}
	table.Flush()
	fmt.Fprintf(w, "\nTopic: %s partitions, %d copies. A day's index: %s shards of %s GB, 2 copies. %s\n\n",
		figures.Thousands(int64(p.Kafka.Partitions)), in.Replication, figures.Thousands(int64(p.Elasticsearch.Shards)), number(roundTo(p.Elasticsearch.ShardGB, 1)), p.Engine.queue())

	fmt.Fprintln(table, "NODE POOL\tIN A ZONE\tIN ALL\tTYPE\tFOR")
	for _, pool := range p.Pools {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", pool.Name, pool.PerZone, figures.Thousands(int64(pool.PerZone*in.Zones)), pool.Instance.Name(), p.residents(pool))
	}
	table.Flush()
	fmt.Fprintln(w)
	fmt.Fprintf(table, "A MONTH\tUSD\t\n")
	for _, item := range p.Cost {
		fmt.Fprintf(table, "%s\t%s\t%s\n", item.What, figures.Thousands(int64(math.Round(item.USD))), item.How)
	}
	fmt.Fprintf(table, "all\t%s\tan estimate of list prices; without taxes, discounts, and traffic out of AWS\n", figures.Thousands(int64(math.Round(p.Cost.Total()))))
	table.Flush()
	for _, note := range p.Notes {
		if _, err := fmt.Fprintf(w, "\n- %s", note); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

// queue says where events are that an engine has read.
func (e Engine) queue() string {
	switch {
	case e.Component != Logstash:
		return "The indexer has no queue."
	case e.Fsync:
		return "Logstash: each event flushed (fsync)."
	}
	return "Logstash: without fsync."
}

// residents says what runs in a pool.
func (p Plan) residents(pool Pool) string {
	if len(pool.Components) == 0 {
		return "all else"
	}
	names := strings.Join(pool.Components, ", ")
	if pool.Spot {
		return names + "; spot instances"
	}
	return names + "; one node to spare"
}

func orDash(n int, unit string) string {
	if n == 0 {
		return "-"
	}
	return figures.Thousands(int64(n)) + " " + unit
}

func roundTo(value float64, digits int) float64 {
	power := math.Pow10(digits)
	return math.Round(value*power) / power
}
