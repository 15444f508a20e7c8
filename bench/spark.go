package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
)

const (
	sparkEvents  = 300_000 // that lie in the topic when the job starts
	sparkTimeout = 10 * time.Minute
	sparkSteady  = time.Minute // of the release's own log-generator, before its figures are read
	sparkMetric  = "max(metrics_log_analytics_driver_spark_streaming_windows_%s_Value)"
)

// spark stops the streaming job, fills its topic, and measures how it catches up; then how it keeps up with log-generator.
func spark(ctx context.Context, b *bench, all *results.Results) error {
	if err := b.producers(ctx); err != nil {
		return err
	}
	const job = "spark-streaming-job"
	result := &results.Spark{}
	var perCore, behind, batch, rate []float64
	err := b.out.Do("Spark", func(s *progress.Step) error {
		for i := range b.runs {
			s.Detail("run %d of %d: events for a catch-up", i+1, b.runs)
			restore, err := b.quiet(ctx, job)
			if err != nil {
				return err
			}
			_, err = b.runPod(ctx, "spark", func(string) {}, "/log-generator", "--brokers="+b.brokers(), "--topic="+b.values.topic,
				"--rate=0", "--count="+strconv.Itoa(sparkEvents), "--metrics-addr=")
			restore()
			if err != nil {
				return err
			}
			s.Detail("run %d of %d: catching up", i+1, b.runs)
			fastest, cores, err := b.catchingUp(ctx)
			if err != nil {
				return err
			}
			perCore, result.Cores = append(perCore, fastest/cores), int(cores)
			s.Detail("run %d of %d: steady", i+1, b.runs)
			time.Sleep(sparkSteady)
			for expression, values := range map[string]*[]float64{
				"time() - " + fmt.Sprintf(sparkMetric, "eventTime_watermark") + " / 1000": &behind,
				fmt.Sprintf(sparkMetric, "latency") + " / 1000":                           &batch,
				fmt.Sprintf(sparkMetric, "inputRate_total"):                               &rate,
			} {
				value, err := b.query(ctx, expression)
				if err != nil {
					return err
				}
				*values = append(*values, value)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	result.RowsPerSecondPerCore, result.BehindSeconds, result.BatchSeconds = measure.Of(perCore), measure.Of(behind), measure.Of(batch)
	result.SteadyRate = measure.Of(rate)
	all.LeftOut["spark.checkpoint"] = "the job's metrics do not tell the time of its commits apart from that of its batches"
	all.Spark = result
	return nil
}

// catchingUp is the fastest batch of a job that has just been started, in rows a second, and the cores that it has. A batch that
// reads no more than comes in tells that it has caught up.
func (b *bench) catchingUp(ctx context.Context) (fastest, cores float64, err error) {
	for deadline := time.Now().Add(sparkTimeout); time.Now().Before(deadline); time.Sleep(3 * time.Second) {
		rows, err := b.query(ctx, fmt.Sprintf(sparkMetric, "processingRate_total"))
		if err != nil || math.IsNaN(rows) {
			continue // it has not been scraped yet
		}
		input, err := b.query(ctx, fmt.Sprintf(sparkMetric, "inputRate_total"))
		if err != nil {
			continue
		}
		fastest = max(fastest, rows)
		if fastest > 1000 && input < 1000 {
			cores, err := b.query(ctx, `sum(metrics_worker_coresUsed_Value{job="spark-worker"})`)
			return fastest, cores, err
		}
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
	}
	return 0, 0, fmt.Errorf("the streaming job has not caught up within %s", sparkTimeout)
}
