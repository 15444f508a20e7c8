// Package producers are the programs that send records to Kafka, as they are compared with each other.
package producers

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"time"

	"sluice/bench/internal/measure"
)

// Names of the producers.
const (
	LogGenerator = "log-generator"
	PerfTest     = "kafka-producer-perf-test"
	Franz        = "franz-go"
	Kcat         = "kcat"
	KafkaGo      = "kafka-go defaults"
	KafkaPython  = "kafka-python"
)

// Size is a record's: the events that log-generator makes of it.
type Size struct {
	Bytes  int
	Fields string // log-generator's --fields: a whole event does not fit into 100 bytes
}

// Sizes are the record sizes that are compared.
var Sizes = []Size{{100, "few"}, {512, "all"}, {1024, "all"}}

// Job is one run of a producer.
type Job struct {
	Brokers, Topic, Compression string
	Events                      string // file of events, one a line
	Count                       int
	Size                        Size
}

// Producer is a program that sends.
type Producer struct {
	Name  string
	First int  // records of the first run, which tells how many the others have
	Slow  bool // sends fewer records than the others, who all send the same number
	// command makes what is run, and steady, if set, reads the rate that the program tells of itself.
	command func(Job) (*exec.Cmd, error)
	steady  *regexp.Regexp
}

// Result is what one run of a producer came to.
type Result struct {
	Peer    string `json:"peer"`
	Size    int    `json:"size"`
	Run     int    `json:"run"`
	Records int64  `json:"records"` // that the topic holds
	measure.Child
	Steady float64 `json:"steady,omitempty"` // records a second by the program's own count, without its start
}

// Rate is in records a second; of a program that tells its own, without its start.
func (r Result) Rate() float64 {
	if r.Steady > 0 {
		return r.Steady
	}
	return float64(r.Records) / r.Seconds
}

// CPUPerMillion is in CPU-seconds per million records, the program's start counted.
func (r Result) CPUPerMillion() float64 { return r.CPUSeconds / float64(r.Records) * 1e6 }

// All are the producers, ours first.
func All() []Producer {
	return []Producer{
		{Name: LogGenerator, First: 200_000, command: logGenerator},
		{Name: PerfTest, First: 200_000, command: perfTest, steady: regexp.MustCompile(`(?m)records sent, ([\d.]+) records/sec.*99\.9th`)},
		{Name: Franz, First: 200_000, command: goPeer("franz")},
		{Name: Kcat, First: 200_000, command: kcat},
		{Name: KafkaGo, First: 20_000, Slow: true, command: goPeer("kafkago")},
		{Name: KafkaPython, First: 20_000, Slow: true, command: kafkaPython},
	}
}

// Run lets the producer send its records.
func (p Producer) Run(job Job) (Result, error) {
	command, err := p.command(job)
	if err != nil {
		return Result{}, err
	}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	child, err := measure.Run(command)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w\n%s%s", p.Name, err, stdout.Bytes(), stderr.Bytes())
	}
	result := Result{Peer: p.Name, Size: job.Size.Bytes, Child: child}
	if p.steady != nil {
		found := p.steady.FindSubmatch(stdout.Bytes())
		if found == nil {
			return result, fmt.Errorf("%s tells no rate:\n%s", p.Name, stdout.Bytes())
		}
		if result.Steady, err = strconv.ParseFloat(string(found[1]), 64); err != nil {
			return result, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return result, nil
}

// Counts are how many records each producer sends: the fast ones all as many as their middle one does in the given time,
// a slow one what it does itself in half of it.
func Counts(all []Producer, rates map[string]float64, length time.Duration) map[string]int {
	var fast []float64
	for _, p := range all {
		if !p.Slow {
			fast = append(fast, rates[p.Name])
		}
	}
	slices.Sort(fast)
	counts := map[string]int{}
	for _, p := range all {
		if p.Slow {
			counts[p.Name] = round(rates[p.Name] * length.Seconds() / 2)
		} else {
			counts[p.Name] = round(fast[len(fast)/2] * length.Seconds())
		}
	}
	return counts
}

// round is to whole thousands, at least one.
func round(records float64) int { return max(1, int(records/1000+0.5)) * 1000 }

// WriteEvents writes a file of events as log-generator makes them.
func WriteEvents(size Size, file string) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	command := exec.Command(program("log-generator"), append(eventFlags(size), "--output=stdout", "--count=20000", "--rate=0", "--metrics-addr=")...)
	var stderr bytes.Buffer
	command.Stdout, command.Stderr = out, &stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("log-generator: %w\n%s", err, stderr.Bytes())
	}
	return out.Close()
}

// Stored is what a topic takes on the brokers' disks.
type Stored struct {
	Compression string `json:"compression"`
	Records     int64  `json:"records"`
	Bytes       int64  `json:"bytes"`
}

// Paced is snappy at SteadyRate, where a batch is what comes within the linger: fewer events, which compress less.
const (
	Paced      = "snappy_2000_a_second"
	SteadyRate = 2000
)

// Fill lets log-generator send so many of its own events to a topic, other ones in each run.
func Fill(brokers, topic, compression string, count, run int) error {
	rate := 0
	if compression == Paced {
		compression, rate = "snappy", SteadyRate
	}
	out, err := exec.Command(program("log-generator"), "--brokers="+brokers, "--topic="+topic, "--compression="+compression, "--rate="+strconv.Itoa(rate),
		"--count="+strconv.Itoa(count), "--seed="+strconv.Itoa(run+1), "--metrics-addr=").CombinedOutput()
	if err != nil {
		return fmt.Errorf("log-generator: %w\n%s", err, out)
	}
	return nil
}

// eventFlags make log-generator's events. Their keys, the services, fall evenly upon four partitions: of the default five
// services three fall upon one partition and none upon another, while the peers' records have no keys, and spread.
func eventFlags(size Size) []string {
	return []string{
		"--event-size=" + strconv.Itoa(size.Bytes), "--fields=" + size.Fields,
		"--services=service-1,service-2,service-3,service-4,service-5,service-6,service-7,service-8",
	}
}

// program is one of those that are in the image beside the runner, or wherever BENCH_PROGRAMS says.
func program(name string) string { return os.Getenv("BENCH_PROGRAMS") + "/" + name }

func logGenerator(job Job) (*exec.Cmd, error) {
	return exec.Command(program("log-generator"), append(eventFlags(job.Size), "--brokers="+job.Brokers, "--topic="+job.Topic,
		"--compression="+job.Compression, "--acks=all", "--rate=0", "--count="+strconv.Itoa(job.Count), "--metrics-addr=")...), nil
}

// perfTest runs what kafka-producer-perf-test.sh does, with its heap. Its own batches of 16 KiB, sent at once, are made for
// low latency: with these settings it is faster.
func perfTest(job Job) (*exec.Cmd, error) {
	command := exec.Command("/opt/kafka/bin/kafka-run-class.sh", "org.apache.kafka.tools.ProducerPerformance",
		"--topic", job.Topic, "--num-records", strconv.Itoa(job.Count), "--throughput", "-1", "--payload-file", job.Events,
		"--producer-props", "bootstrap.servers="+job.Brokers, "acks=all", "compression.type="+job.Compression, "linger.ms=10", "batch.size=131072")
	command.Env = append(os.Environ(), "KAFKA_HEAP_OPTS=-Xmx512M")
	return command, nil
}

func goPeer(name string) func(Job) (*exec.Cmd, error) {
	return func(job Job) (*exec.Cmd, error) {
		return exec.Command(program(name), "--brokers="+job.Brokers, "--topic="+job.Topic,
			"--compression="+job.Compression, "--events="+job.Events, "--count="+strconv.Itoa(job.Count)), nil
	}
}

func kafkaPython(job Job) (*exec.Cmd, error) {
	return exec.Command("python3", program("producer.py"), job.Brokers, job.Topic, job.Compression, job.Events, strconv.Itoa(job.Count)), nil
}

// kcat reads events from its input, a line each.
func kcat(job Job) (*exec.Cmd, error) {
	events, err := os.ReadFile(job.Events)
	if err != nil {
		return nil, err
	}
	command := exec.Command("kcat", "-P", "-b", job.Brokers, "-t", job.Topic, "-X", "acks=all", "-X", "compression.codec="+job.Compression)
	command.Stdin = &again{events: events, left: job.Count}
	return command, nil
}

// again reads lines of a file, from its first line again when there are no more.
type again struct {
	events []byte
	at     int
	left   int // lines
}

func (a *again) Read(p []byte) (n int, err error) {
	if a.left == 0 {
		return 0, io.EOF
	}
	n = copy(p, a.events[a.at:])
	lines := bytes.Count(p[:n], []byte("\n"))
	if lines >= a.left {
		n = 0
		for range a.left {
			n += bytes.IndexByte(p[n:], '\n') + 1
		}
		lines = a.left
	}
	a.left -= lines
	a.at = (a.at + n) % len(a.events)
	return n, nil
}
