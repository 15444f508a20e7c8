package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"

	"sluice/bench/internal/measure"
	"sluice/bench/internal/producers"
)

// stored fills topics with log-generator's own events, and prints what the brokers keep of each.
func (r *runner) stored(ctx context.Context, runs, count int) error {
	for run := range runs {
		for _, compression := range measure.Order([]string{"none", "gzip", "snappy", producers.Paced, "lz4", "zstd"}, run) {
			if err := r.store(ctx, compression, count, run); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) store(ctx context.Context, compression string, count, run int) error {
	r.topics++
	t := newTopic(r.brokers, fmt.Sprintf("bench-storage-%s-%d", r.id, r.topics))
	if err := t.create(ctx, r.partitions); err != nil {
		return err
	}
	defer t.remove(ctx)
	if err := producers.Fill(r.brokers, t.name, compression, count, run); err != nil {
		return err
	}
	records, err := t.records(ctx)
	if err != nil {
		return err
	}
	bytes, err := size(ctx, r.brokers, t.name)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(producers.Stored{Compression: compression, Records: records, Bytes: bytes})
}

var partitionSize = regexp.MustCompile(`"size":(\d+)`)

// size is what all copies of the topic take on the brokers' disks, in bytes; there is one copy of each in the dev profile.
func size(ctx context.Context, brokers, topic string) (int64, error) {
	out, err := exec.CommandContext(ctx, "/opt/kafka/bin/kafka-run-class.sh", "org.apache.kafka.tools.LogDirsCommand",
		"--bootstrap-server", brokers, "--describe", "--topic-list", topic).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("kafka-log-dirs: %w\n%s", err, out)
	}
	var total int64
	for _, found := range partitionSize.FindAllSubmatch(out, -1) {
		bytes, err := strconv.ParseInt(string(found[1]), 10, 64)
		if err != nil {
			return 0, err
		}
		total += bytes
	}
	if total == 0 {
		return 0, fmt.Errorf("kafka-log-dirs tells no sizes:\n%s", out)
	}
	return total, nil
}
