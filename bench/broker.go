package main

import (
	"context"
	"strconv"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/producers"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
)

// brokerLoad is what log-generator sends: as fast as it can, in large batches, or as many as fill small ones.
type brokerLoad struct {
	rate, count int
}

var (
	fullSpeed   = brokerLoad{0, 1_000_000}
	steadySpeed = brokerLoad{producers.SteadyRate, 60_000}
)

// broker measures the CPU that the release's broker takes for events that nobody reads.
func broker(ctx context.Context, b *bench, all *results.Results) error {
	restore, err := b.alone(ctx, b.values.engine)
	if err != nil {
		return err
	}
	defer restore()
	loads := []brokerLoad{fullSpeed, steadySpeed}
	perCPU := map[brokerLoad][]float64{}
	err = b.out.Do("CPU of the broker", func(s *progress.Step) error {
		for i := range b.runs {
			for _, load := range measure.Order(loads, i) {
				s.Detail("run %d of %d, %d events", i+1, b.runs, load.count)
				took, err := b.brokerCPU(ctx, load)
				if err != nil {
					return err
				}
				perCPU[load] = append(perCPU[load], float64(load.count)/took)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	all.Broker = &results.Broker{
		EventsPerCPUSecond: measure.Of(perCPU[fullSpeed]),
		SteadyRate:         producers.SteadyRate, SteadyEventsPerCPUSecond: measure.Of(perCPU[steadySpeed]),
	}
	return nil
}

// brokerCPU is in seconds.
func (b *bench) brokerCPU(ctx context.Context, load brokerLoad) (float64, error) {
	topic := newTopic()
	if err := b.createTopic(ctx, topic, partitions); err != nil {
		return 0, err
	}
	defer b.removeTopics(ctx)
	before, err := b.usageNow(ctx, "kafka")
	if err != nil {
		return 0, err
	}
	if _, err := b.runPod(ctx, "broker", func(string) {}, "/log-generator", "--brokers="+b.brokers(), "--topic="+topic,
		"--rate="+strconv.Itoa(load.rate), "--count="+strconv.Itoa(load.count), "--services="+spreading, "--metrics-addr="); err != nil {
		return 0, err
	}
	after, err := b.usageNow(ctx, "kafka")
	return after["kafka"].cpu - before["kafka"].cpu, err
}
