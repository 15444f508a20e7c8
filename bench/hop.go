package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
	"sluice/internal/verify"
)

const (
	hopEvents  = 60_000 // that lie in the topic when the engine starts
	hopTimeout = 10 * time.Minute
)

// hopRun is what one catch-up came to.
type hopRun struct {
	rate, perCPU, catchUp, memory, elasticsearchCPU, kafkaCPU float64
}

// hop stops the engine, fills topics of 1, 2 and 4 partitions, and measures how the engine catches up with each. The engine reads
// the topic of its ConfigMap: that is changed while it is stopped, and changed back at the end.
func hop(ctx context.Context, b *bench, all *results.Results) error {
	if b.values.engine != "otel-collector" {
		all.LeftOut["hop.logstash"] = "not measured here: start the release with the Collector (logstash.enabled=false, otelCollector.enabled=true)"
		return nil
	}
	all.LeftOut["hop.logstash"] = "no image of Logstash can be assembled, and none is pulled here"
	restore, err := b.alone(ctx, b.values.engine)
	if err != nil {
		return err
	}
	defer restore()
	topic := b.values.topic
	defer func() {
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := b.readTopic(after, topic, b.values.topic); err != nil {
			b.out.Printf("the engine's topic could not be set back: %v; make up does it", err)
		}
	}()
	counts := []int{1, 2, 4}
	runs := map[int][]hopRun{}
	err = b.out.Do("Kafka → engine → Elasticsearch", func(s *progress.Step) error {
		for i := range b.runs {
			for _, n := range measure.Order(counts, i) {
				s.Detail("run %d of %d, %d partitions", i+1, b.runs, n)
				next := fmt.Sprintf("bench-hop-%s", strings.ToLower(rand.Text()[:8]))
				if err := b.readTopic(ctx, topic, next); err != nil {
					return err
				}
				topic = next
				run, err := b.catchUp(ctx, topic, n, s)
				if err != nil {
					return fmt.Errorf("%d partitions: %w", n, err)
				}
				runs[n] = append(runs[n], run)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	engine := results.Engine{}
	for n, rs := range runs {
		engine["p"+strconv.Itoa(n)] = results.Hop{
			Events:                  hopEvents,
			EventsPerSecond:         measure.Of(each(rs, func(r hopRun) float64 { return r.rate })),
			EventsPerCPUSecond:      measure.Of(each(rs, func(r hopRun) float64 { return r.perCPU })),
			CatchUpSeconds:          measure.Of(each(rs, func(r hopRun) float64 { return r.catchUp })),
			EngineMemoryBytes:       measure.Of(each(rs, func(r hopRun) float64 { return r.memory })),
			ElasticsearchCPUSeconds: measure.Of(each(rs, func(r hopRun) float64 { return r.elasticsearchCPU })),
			ElasticsearchPerCPU:     measure.Of(each(rs, func(r hopRun) float64 { return hopEvents / r.elasticsearchCPU })),
			KafkaCPUSeconds:         measure.Of(each(rs, func(r hopRun) float64 { return r.kafkaCPU })),
		}
	}
	all.Hop = map[string]results.Engine{"otel": engine}
	return nil
}

// readTopic changes the topic in the engine's configuration, which its next pod reads.
func (b *bench) readTopic(ctx context.Context, from, to string) error {
	maps := b.client.CoreV1().ConfigMaps(b.release.Namespace)
	config, err := maps.Get(ctx, b.release.Name+"-"+b.values.engine, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for name, text := range config.Data {
		config.Data[name] = strings.ReplaceAll(text, "topic: "+from+"\n", "topic: "+to+"\n")
		// The rules tell events from anomalies by it.
		config.Data[name] = strings.ReplaceAll(config.Data[name], `"`+from+`"`, `"`+to+`"`)
	}
	_, err = maps.Update(ctx, config, metav1.UpdateOptions{})
	return err
}

// catchUp fills a new topic, starts the engine, and stops it once all events are searchable.
func (b *bench) catchUp(ctx context.Context, topic string, partitions int, s *progress.Step) (run hopRun, err error) {
	answer, err := b.kafka().CreateTopics(ctx, &kafka.CreateTopicsRequest{
		Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: -1}},
	})
	if err != nil {
		return run, err
	}
	if err := answer.Errors[topic]; err != nil {
		return run, err
	}
	defer b.removeTopics(ctx)
	// As many services as spread evenly over any number of partitions.
	var services []string
	for i := range 40 {
		services = append(services, fmt.Sprintf("service-%d", i))
	}
	if _, err := b.runPod(ctx, "fill", func(string) {}, "/log-generator", "--brokers="+b.brokers(), "--topic="+topic, "--rate=0",
		"--count="+strconv.Itoa(hopEvents), "--run-id="+topic, "--services="+strings.Join(services, ","), "--metrics-addr="); err != nil {
		return run, err
	}
	defer func() { // also when bench is interrupted: the engine must not go on with this topic
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Minute)
		defer cancel()
		if _, stopped := b.scale(after, b.values.engine, 0); err == nil {
			err = stopped
		}
		if gone := b.gone(after, []string{b.values.engine}); err == nil {
			err = gone
		}
	}()
	before, err := b.usage(ctx)
	if err != nil {
		return run, err
	}
	began := time.Now()
	if _, err := b.scale(ctx, b.values.engine, 1); err != nil {
		return run, err
	}
	var firstCount int64
	var first, last time.Time
	for count := int64(0); count < hopEvents; time.Sleep(500 * time.Millisecond) {
		if count, err = b.count(ctx, topic); err != nil {
			return run, err
		}
		last = time.Now()
		if count > 0 && firstCount == 0 {
			firstCount, first = count, last
		}
		if last.Sub(began) > hopTimeout {
			return run, fmt.Errorf("%d of %d events are searchable after %s", count, hopEvents, hopTimeout)
		}
		s.Detail("%d partitions: %d of %d searchable", partitions, count, hopEvents)
	}
	after, err := b.usageAfter(ctx, last)
	if err != nil {
		return run, err
	}
	run.catchUp = last.Sub(began).Seconds()
	run.rate = hopEvents / run.catchUp
	if firstCount < hopEvents { // else all were there at the first look
		run.rate = float64(hopEvents-firstCount) / last.Sub(first).Seconds()
	}
	run.perCPU = hopEvents / after[b.values.engine].cpu
	run.memory = after[b.values.engine].memory
	run.elasticsearchCPU = after["elasticsearch"].cpu - before["elasticsearch"].cpu
	run.kafkaCPU = after["kafka"].cpu - before["kafka"].cpu
	return run, nil
}

// count is the number of the run's searchable documents.
func (b *bench) count(ctx context.Context, runID string) (int64, error) {
	var answer struct{ Count int64 }
	query := fmt.Sprintf(`{"query":{"term":{"labels.run_id":%q}}}`, runID)
	err := verify.Fetch(ctx, b.elastic, http.MethodPost, b.url+"/"+b.values.index+"/_count?ignore_unavailable=true", strings.NewReader(query), &answer)
	return answer.Count, err
}
