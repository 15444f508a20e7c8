// Command consumers measures programs that bring events from Kafka into Elasticsearch, in a pod beside both: each is a child
// process, and what counts are the documents that the index holds afterwards. It prints one JSON object for each run.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sluice/bench/internal/consumers"
	"sluice/bench/internal/measure"
)

func main() {
	r := runner{id: strings.ToLower(rand.Text()[:8]), topics: map[int]topic{}}
	flag.StringVar(&r.brokers, "brokers", "localhost:9092", "host:port to find the cluster by")
	url := flag.String("elasticsearch", "http://localhost:9200", "URL of Elasticsearch")
	flag.StringVar(&r.index, "index", "logs-index", "the release's own: its templates say how the measured indices are made")
	flag.StringVar(&r.dir, "dir", os.TempDir(), "folder for configurations and queues")
	flag.DurationVar(&r.length, "length", 10*time.Second, "about how long a run lasts")
	runs := flag.Int("runs", 5, "runs of each measurement")
	scale := flag.Bool("scale", true, "whether to measure the indexer with other numbers of partitions and processes, too")
	only := flag.String("peers", "", "names of consumers, comma-separated; all if empty")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := r.run(ctx, *url, *runs, *only, *scale); err != nil {
		log.Fatal(err)
	}
}

type runner struct {
	brokers, index, dir string
	length              time.Duration

	id       string // of this process, in all names
	measured int    // runs so far
	cluster  *cluster
	elastic  *elastic
	topics   map[int]topic // by the number of their events
}

func (r *runner) run(ctx context.Context, url string, runs int, only string, scale bool) (err error) {
	var names []string
	if only != "" {
		names = strings.Split(only, ",")
	}
	peers, err := consumers.Chosen(names)
	if err != nil {
		return err
	}
	if r.cluster, err = connect(r.brokers); err != nil {
		return err
	}
	defer r.cluster.close()
	r.elastic = &elastic{url: url}
	if err := r.elastic.putTemplate(ctx, r.index); err != nil {
		return err
	}
	defer func() {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		for _, t := range r.topics {
			r.cluster.remove(ctx, t)
		}
		if removed := r.elastic.removeTemplate(after, r.index); err == nil {
			err = removed
		}
	}()
	counts, err := r.counts(ctx, peers)
	if err != nil {
		return err
	}
	if err := r.beside(ctx, peers, counts, runs); err != nil {
		return err
	}
	if scale && counts[consumers.Indexer] > 0 {
		return r.scale(ctx, peers, counts[consumers.Indexer], runs)
	}
	return nil
}

// counts lets each consumer read few events, which tells how many it reads in its other runs.
func (r *runner) counts(ctx context.Context, peers []consumers.Consumer) (map[string]int, error) {
	rates := map[string]float64{}
	for _, peer := range peers {
		t, err := r.filled(ctx, peer.First)
		if err != nil {
			return nil, err
		}
		first, err := r.measure(ctx, peer, t, 1, nil)
		if err != nil {
			return nil, err
		}
		rates[peer.Name] = first.Rate
		fmt.Fprintf(os.Stderr, "%s: %d of %d events, first after %.1f s, %.0f/s, %.0f per CPU-second\n",
			peer.Name, first.Distinct, first.Events, first.First, first.Rate, first.PerCPU())
	}
	return consumers.Counts(peers, rates, r.length), nil
}

// beside measures all consumers in turns.
func (r *runner) beside(ctx context.Context, peers []consumers.Consumer, counts map[string]int, runs int) error {
	for run := range runs {
		for _, peer := range measure.Order(peers, run) {
			t, err := r.filled(ctx, counts[peer.Name])
			if err != nil {
				return err
			}
			result, err := r.measure(ctx, peer, t, 1, nil)
			if err != nil {
				return err
			}
			result.Run = run
			if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
				return err
			}
		}
	}
	return nil
}

// scale measures the indexer with each number of partitions and processes. The topic is filled when all processes are in their
// group: the first one would have read it before the others come.
func (r *runner) scale(ctx context.Context, peers []consumers.Consumer, count, runs int) error {
	for run := range runs {
		for _, s := range measure.Order(consumers.Scales, run) {
			t, err := r.cluster.create(ctx, fmt.Sprintf("bench-indexer-%s-scale-%d", r.id, r.measured), s.Partitions)
			if err != nil {
				return err
			}
			t.events = int64(count)
			result, err := r.measure(ctx, peers[0], t, s.Processes, func() error { return consumers.Fill(r.brokers, t.name, count) })
			r.cluster.remove(ctx, t)
			if err != nil {
				return err
			}
			result.Run, result.Scale = run, true
			if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
				return err
			}
		}
	}
	return nil
}

// filled is a topic with so many events, the same one for all who read as many.
func (r *runner) filled(ctx context.Context, count int) (topic, error) {
	if t, ok := r.topics[count]; ok {
		return t, nil
	}
	t, err := r.cluster.create(ctx, fmt.Sprintf("bench-indexer-%s-%d", r.id, count), consumers.Partitions)
	if err != nil {
		return t, err
	}
	r.topics[count] = t
	if err := consumers.Fill(r.brokers, t.name, count); err != nil {
		return t, err
	}
	if t.events, err = r.cluster.records(ctx, t); err != nil {
		return t, err
	}
	if t.events != int64(count) {
		return t, fmt.Errorf("%s holds %d events, and not %d", t.name, t.events, count)
	}
	r.topics[count] = t
	return t, nil
}
