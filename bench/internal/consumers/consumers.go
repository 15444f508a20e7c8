// Package consumers are the programs that bring events from Kafka into Elasticsearch, as they are compared with each other.
package consumers

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names of the consumers.
const (
	Indexer   = "indexer"
	Collector = "otel-collector"
	Rsyslog   = "rsyslog"
	Benthos   = "benthos"
	Bulk      = "go-elasticsearch"
)

// EventBytes is the size of all events.
const EventBytes = 512

// Partitions are those of the topic that all consumers read.
const Partitions = 4

// AnomaliesSuffix ends the name of the second topic that the Collector reads. It is empty, but it must exist.
const AnomaliesSuffix = "-anomalies"

// IndexPrefix begins the names of all indices that are measured beside a release with that index. It is no day: the
// release's own templates do not fit.
func IndexPrefix(index string) string { return index + "-bench" }

// Scale is a number of partitions, and of processes that share them.
type Scale struct{ Partitions, Processes int }

// Scales are those that the indexer is measured with.
var Scales = func() (all []Scale) {
	for _, partitions := range []int{1, 2, 4, 8} {
		for _, processes := range []int{1, 2, 4} {
			all = append(all, Scale{partitions, processes})
		}
	}
	return all
}()

// Job is one process of a consumer.
type Job struct {
	Brokers, Topic, Group string
	Elasticsearch         string // URL
	Index                 string // without the day
	Dir                   string // of this process alone
	Port                  int    // on the loopback, of this process alone
}

// Consumer is a program that reads a topic and writes an index.
type Consumer struct {
	Name  string
	First int // events of the first run, which tells how many the others have
	// Slow reads fewer events than the others, who all read the same topic.
	Slow bool

	file      string // of files/: its configuration
	command   func(Job, string) *exec.Cmd
	variables []string
}

// All are the consumers, ours first.
func All() []Consumer {
	return []Consumer{
		{Name: Indexer, First: 20_000, file: "indexer.yaml", command: func(_ Job, config string) *exec.Cmd {
			return exec.Command(program("indexer"), "run", "--config", config)
		}},
		{Name: Rsyslog, First: 20_000, file: "rsyslog.conf", command: func(job Job, config string) *exec.Cmd {
			return exec.Command("rsyslogd", "-n", "-f", config, "-i", job.Dir+"/pid")
		}},
		{Name: Benthos, First: 20_000, file: "benthos.yaml", command: func(_ Job, config string) *exec.Cmd {
			return exec.Command(program("benthos"), "run", config)
		}},
		{Name: Bulk, First: 20_000, command: func(job Job, _ string) *exec.Cmd {
			return exec.Command(program("bulk"), "--brokers="+job.Brokers, "--topic="+job.Topic, "--group="+job.Group,
				"--elasticsearch="+job.Elasticsearch, "--index="+job.Index)
		}},
		// With the garbage collector as the chart of 0.2.0 had set it.
		{Name: Collector, First: 5_000, Slow: true, file: "collector.yaml", variables: []string{"GOGC=200"}, command: func(_ Job, config string) *exec.Cmd {
			return exec.Command(program("otelcol"), "--config", config)
		}},
	}
}

// Chosen are those of the given names, all if there are none.
func Chosen(names []string) ([]Consumer, error) {
	all := All()
	for _, name := range names {
		if !slices.ContainsFunc(all, func(c Consumer) bool { return c.Name == name }) {
			return nil, fmt.Errorf("no consumer is called %q", name)
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(c Consumer) bool { return !slices.Contains(names, c.Name) }), nil
}

// Command writes the configuration of a process into its folder, and makes what is run.
func (c Consumer) Command(job Job) (*exec.Cmd, error) {
	config := ""
	if c.file != "" {
		config = job.Dir + "/" + c.file
		text, err := render(c.file, job)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(config, text, 0o600); err != nil {
			return nil, err
		}
	}
	command := c.command(job, config)
	command.Env = append(os.Environ(), c.variables...)
	return command, nil
}

// Counts are how many events each consumer reads: the fast ones all as many as their middle one does in the given time, a
// slow one what it does itself.
func Counts(all []Consumer, rates map[string]float64, length time.Duration) map[string]int {
	var fast []float64
	for _, c := range all {
		if !c.Slow {
			fast = append(fast, rates[c.Name])
		}
	}
	slices.Sort(fast)
	counts := map[string]int{}
	for _, c := range all {
		rate := rates[c.Name]
		if !c.Slow {
			rate = fast[len(fast)/2]
		}
		counts[c.Name] = max(1, int(rate*length.Seconds()/1000+0.5)) * 1000
	}
	return counts
}

// Fill lets log-generator send so many events to the topic.
func Fill(brokers, topic string, count int) error {
	out, err := exec.Command(program("log-generator"), "--brokers="+brokers, "--topic="+topic, "--rate=0", "--count="+strconv.Itoa(count),
		"--event-size="+strconv.Itoa(EventBytes), "--services="+spreading, "--run-id="+topic, "--metrics-addr=").CombinedOutput()
	if err != nil {
		return fmt.Errorf("log-generator: %w\n%s", err, out)
	}
	return nil
}

// spreading are as many services, the records' keys, as spread evenly over any number of partitions.
var spreading = func() string {
	var services []string
	for i := range 40 {
		services = append(services, fmt.Sprintf("service-%d", i))
	}
	return strings.Join(services, ",")
}()

// program is one of those that are in the image beside the program that runs them, or wherever BENCH_PROGRAMS says.
func program(name string) string { return os.Getenv("BENCH_PROGRAMS") + "/" + name }
