package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/results"
	"sluice/internal/progress"
)

const (
	sparkEvents  = 300_000 // that lie in the topic when the job starts
	sparkTimeout = 10 * time.Minute
	sparkSteady  = time.Minute // of the release's own log-generator
	sparkJob     = "spark-streaming-job"
)

// spark stops the streaming job, fills its topic, and measures how it catches up; then how it keeps up with log-generator.
func spark(ctx context.Context, b *bench, all *results.Results) error {
	if err := b.producers(ctx); err != nil {
		return err
	}
	result := &results.Spark{}
	var perCore, behind, batch, rate, checkpoint []float64
	err := b.out.Do("Spark", func(s *progress.Step) error {
		for i := range b.runs {
			s.Detail("run %d of %d: events for a catch-up", i+1, b.runs)
			restore, err := b.quiet(ctx, sparkJob)
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
			caughtUp, err := b.catchingUp(ctx)
			if err != nil {
				return err
			}
			perCore, result.Cores = append(perCore, caughtUp.records/caughtUp.taskSeconds), int(caughtUp.cores)
			s.Detail("run %d of %d: steady", i+1, b.runs)
			before, err := b.sparkDriver(ctx)
			if err != nil {
				return err
			}
			time.Sleep(sparkSteady)
			after, err := b.sparkDriver(ctx)
			if err != nil {
				return err
			}
			batches := after.batches - before.batches
			batch = append(batch, (after.batchMillis-before.batchMillis)/batches/1000)
			checkpoint = append(checkpoint, (after.checkpointMillis-before.checkpointMillis)/batches/1000)
			rate = append(rate, (after.records-before.records)/sparkSteady.Seconds())
			behind = append(behind, float64(time.Now().UnixMilli())/1000-after.watermarkMillis/1000)
		}
		return nil
	})
	if err != nil {
		return err
	}
	result.RowsPerSecondPerCore, result.BehindSeconds, result.BatchSeconds = measure.Of(perCore), measure.Of(behind), measure.Of(batch)
	result.SteadyRate, result.CheckpointSeconds = measure.Of(rate), measure.Of(checkpoint)
	result.CheckpointShare = measure.Ratios(checkpoint, batch)
	all.Spark = result
	return nil
}

// driver is what the streaming job's driver has counted since its start.
type driver struct {
	records, batches, batchMillis, checkpointMillis, watermarkMillis float64
	taskSeconds, cores                                               float64 // of its executors
}

// catchingUp waits until a job that has just been started has read what lay in its topic.
func (b *bench) catchingUp(ctx context.Context) (driver, error) {
	for deadline := time.Now().Add(sparkTimeout); time.Now().Before(deadline); time.Sleep(time.Second) {
		// Until it runs it does not answer.
		if d, err := b.sparkDriver(ctx); err == nil && d.records >= sparkEvents {
			return d, nil
		}
		if ctx.Err() != nil {
			return driver{}, ctx.Err()
		}
	}
	return driver{}, fmt.Errorf("the streaming job has not caught up within %s", sparkTimeout)
}

// sparkDriver asks the driver itself: Prometheus would know what a batch came to a quarter of a minute later, if at all.
func (b *bench) sparkDriver(ctx context.Context) (d driver, err error) {
	for path, values := range map[string]map[string]*float64{
		"/metrics/prometheus/": {
			"metrics_log_analytics_driver_AccumulatorSource_records_Value":                   &d.records,
			"metrics_log_analytics_driver_AccumulatorSource_batches_Value":                   &d.batches,
			"metrics_log_analytics_driver_AccumulatorSource_batch_milliseconds_Value":        &d.batchMillis,
			"metrics_log_analytics_driver_AccumulatorSource_checkpoint_milliseconds_Value":   &d.checkpointMillis,
			"metrics_log_analytics_driver_spark_streaming_windows_eventTime_watermark_Value": &d.watermarkMillis,
		},
		"/metrics/executors/prometheus/": {
			"metrics_executor_totalDuration_seconds_total": &d.taskSeconds,
			"metrics_executor_totalCores":                  &d.cores,
		},
	} {
		page, err := b.sparkPage(ctx, path)
		if err != nil {
			return d, err
		}
		for line := range strings.Lines(page) {
			name, rest, found := strings.Cut(line, "{")
			_, number, closed := strings.Cut(rest, "} ")
			target := values[name]
			if !found || !closed || target == nil || strings.Contains(rest, `executor_id="driver"`) {
				continue
			}
			value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			if err != nil {
				return d, fmt.Errorf("%s: %w", path, err)
			}
			*target += value
		}
	}
	return d, nil
}

func (b *bench) sparkPage(ctx context.Context, path string) (string, error) {
	client, address := b.access.HTTP(sparkJob, 4040, 30*time.Second)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+path, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", path, response.Status)
	}
	content, err := io.ReadAll(response.Body)
	return string(content), err
}
