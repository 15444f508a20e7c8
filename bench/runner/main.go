// Command runner measures producers beside a real broker, in a pod of its own: each is a child process, and what counts are
// the records that the topic holds afterwards. It prints one JSON object for each run.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/producers"
)

func main() {
	r := runner{id: strings.ToLower(rand.Text()[:8])}
	flag.StringVar(&r.brokers, "brokers", "localhost:9092", "host:port to find the cluster by")
	flag.IntVar(&r.partitions, "partitions", 4, "partitions of each topic")
	flag.StringVar(&r.compression, "compression", "snappy", "snappy or none")
	flag.StringVar(&r.dir, "dir", os.TempDir(), "folder for the events")
	flag.DurationVar(&r.length, "length", 10*time.Second, "about how long a run of a fast producer lasts")
	runs := flag.Int("runs", 5, "runs of each producer with each size")
	storage := flag.Int("storage", 0, "instead of all that: events of a topic whose bytes on the brokers' disks are told, for each compression; snappy also at a steady rate")
	only := flag.String("peers", "", "names of producers, comma-separated; all if empty")
	flag.Parse()
	if *only != "" {
		r.names = strings.Split(*only, ",")
	}
	todo := r.all
	if *storage > 0 {
		todo = func(ctx context.Context, runs int) error { return r.stored(ctx, runs, *storage) }
	}
	if err := todo(context.Background(), *runs); err != nil {
		log.Fatal(err)
	}
}

type runner struct {
	brokers, compression, dir string
	partitions                int
	length                    time.Duration
	names                     []string

	id     string // of this process, in the names of topics
	topics int    // made so far
}

// all measures every size. What a producer does in a short first run says how many records its other ones have.
func (r *runner) all(ctx context.Context, runs int) error {
	peers := slices.DeleteFunc(producers.All(), func(p producers.Producer) bool {
		return r.names != nil && !slices.Contains(r.names, p.Name)
	})
	for _, size := range producers.Sizes {
		events, err := r.events(size)
		if err != nil {
			return err
		}
		rates := map[string]float64{}
		for _, peer := range peers {
			first, err := r.measure(ctx, peer, size, events, peer.First)
			if err != nil {
				return err
			}
			rates[peer.Name] = first.Rate()
		}
		counts := producers.Counts(peers, rates, r.length)
		for run := range runs {
			for _, peer := range measure.Order(peers, run) {
				result, err := r.measure(ctx, peer, size, events, counts[peer.Name])
				if err != nil {
					return err
				}
				result.Run = run
				if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// events writes the file that the peers send from. It is what log-generator itself sends.
func (r *runner) events(size producers.Size) (file string, err error) {
	file = fmt.Sprintf("%s/events-%d", r.dir, size.Bytes)
	return file, producers.WriteEvents(size, file)
}

// measure lets a producer send to a new topic.
func (r *runner) measure(ctx context.Context, p producers.Producer, size producers.Size, events string, count int) (producers.Result, error) {
	r.topics++
	topic := fmt.Sprintf("bench-generator-%s-%d", r.id, r.topics)
	t := newTopic(r.brokers, topic)
	if err := t.create(ctx, r.partitions); err != nil {
		return producers.Result{}, err
	}
	defer t.remove(ctx)
	result, err := p.Run(producers.Job{
		Brokers: r.brokers, Topic: topic, Compression: r.compression, Events: events, Count: count, Size: size,
	})
	if err != nil {
		return result, err
	}
	if result.Records, err = t.records(ctx); err != nil {
		return result, err
	}
	if result.Records != int64(count) {
		fmt.Fprintf(os.Stderr, "%s sent %d records, and %d arrived\n", p.Name, count, result.Records)
	}
	return result, nil
}
