package main

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/producers"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
)

// brokerLoad is what log-generator sends.
type brokerLoad struct {
	rate, count int
}

// brokerLoads fill batches of some events, of some dozens, and such as are as large as they can be.
var brokerLoads = map[string]brokerLoad{
	"r2000":  {producers.SteadyRate, 60_000},
	"r20000": {10 * producers.SteadyRate, 200_000},
	"full":   {0, 1_000_000},
}

// broker measures the CPU that the release's broker takes for events that nobody reads.
func broker(ctx context.Context, b *bench, all *results.Results) error {
	restore, err := b.alone(ctx, b.values.engine)
	if err != nil {
		return err
	}
	defer restore()
	names := slices.Sorted(maps.Keys(brokerLoads))
	perCPU := map[string][]float64{}
	err = b.out.Do("CPU of the broker", func(s *progress.Step) error {
		for i := range b.runs {
			for _, name := range measure.Order(names, i) {
				load := brokerLoads[name]
				s.Detail("run %d of %d, %d events", i+1, b.runs, load.count)
				took, err := b.brokerCPU(ctx, load)
				if err != nil {
					return err
				}
				perCPU[name] = append(perCPU[name], float64(load.count)/took)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	all.Broker = map[string]results.Broker{}
	for name, load := range brokerLoads {
		all.Broker[name] = results.Broker{Rate: load.rate, EventsPerCPUSecond: measure.Of(perCPU[name])}
	}
	return nil
}

// brokerCPU is in seconds, without what the broker takes when nothing comes.
func (b *bench) brokerCPU(ctx context.Context, load brokerLoad) (float64, error) {
	topic := newTopic()
	if err := b.createTopic(ctx, topic, partitions); err != nil {
		return 0, err
	}
	defer b.removeTopics(ctx)
	idle, err := b.usageNow(ctx, "kafka")
	if err != nil {
		return 0, err
	}
	before, err := b.usageNow(ctx, "kafka")
	if err != nil {
		return 0, err
	}
	if _, err := b.runPod(ctx, "broker", func(string) {}, "/log-generator", "--brokers="+b.brokers(), "--topic="+topic,
		"--rate="+strconv.Itoa(load.rate), "--count="+strconv.Itoa(load.count), "--services="+spreading, "--metrics-addr="); err != nil {
		return 0, err
	}
	after, err := b.usageNow(ctx, "kafka")
	if err != nil {
		return 0, err
	}
	idleCPU, idleTime := before["kafka"].since(idle["kafka"])
	cpu, time := after["kafka"].since(before["kafka"])
	return cpu - idleCPU/idleTime*time, nil
}
