//go:build zones

package zones

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/test/live"
)

// What docs/operations.md lists under "Faults", in one run: nobody repairs anything, and nothing acknowledged is lost.
// Kafka's and Elasticsearch's faults come in pairs, which saves time and makes neither easier.
func TestFaults(t *testing.T) {
	r, l := underLoad(t)
	step := func(what string, do func()) {
		before, began := l.count(), time.Now()
		do()
		t.Logf("%s: %.0f s, %d events acknowledged meanwhile", what, time.Since(began).Seconds(), l.count()-before)
	}

	sent := time.Now()
	letters, strays := r.sendBadRecords(t, l)
	step("a broker stands still for 30 s, and a disk of Elasticsearch is full", func() {
		resume, free := r.pause(t, broker(1)), r.fillDisk(t)
		began := time.Now()
		r.awaitAlert(t, "KafkaBrokerDown", began, 90*time.Second)
		time.Sleep(time.Until(began.Add(30 * time.Second)))
		resume()
		r.awaitRefusals(t, true)
		r.awaitAlert(t, "ElasticsearchDiskFull", began, 2*time.Minute)
		free()
		r.awaitRefusals(t, false)
		require.NoError(t, r.watermarks(t.Context(), "null")) // others use the disk too
	})
	step("ZooKeeper has no quorum, and Elasticsearch takes no writes", func() {
		resume, began := r.pause(t, name+"-zookeeper-0", name+"-zookeeper-1"), time.Now()
		require.NoError(t, r.blockWrites(t.Context(), true))
		t.Cleanup(func() { _ = r.blockWrites(context.WithoutCancel(t.Context()), false) })
		r.awaitRefusals(t, true)
		r.awaitAlert(t, "ZooKeeperQuorumLost", began, 2*time.Minute)
		resume()
		require.NoError(t, r.blockWrites(t.Context(), false))
	})
	r.awaitDocuments(t, letters, "-dead-letter")
	r.awaitDocuments(t, strays, "-undated")
	step("all nodes lose their power", func() {
		r.killNodes(t, r.workers(t)...)
		r.WaitReady(t, 8*time.Minute, r.pipeline()...)
	})
	l.stop(t)
	l.check(t)
	r.awaitAlert(t, "DeadLetters", sent, 10*time.Minute) // so far it looks back: Prometheus may be younger
	r.WaitReady(t, 15*time.Minute)
}

// sendBadRecords puts records into every partition that can't be parsed, and events of a clock that is years off. It
// returns the ids of the documents that they must become.
func (r *release) sendBadRecords(t *testing.T, l *load) (letters, strays []string) {
	t.Helper()
	var records []kafka.Record
	add := func(value []byte) { records = append(records, kafka.Record{Value: kafka.NewBytes(value)}) }
	past, future := time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC), time.Now().AddDate(20, 0, 0)
	for partition := range l.start {
		records = nil
		broken := fmt.Sprintf(`{"message": "cut off in %s, partition %d`, l.id, partition)
		add([]byte(broken))
		letters = append(letters, fmt.Sprintf("%x", sha256.Sum256([]byte(broken))))
		for i, at := range []time.Time{past, future} {
			sequence := int64(1_000_000_000 + 2*partition + i) // none of the load's
			add(l.event(sequence, at))
			strays = append(strays, fmt.Sprintf("%s-%d", l.id, sequence))
		}
		answer, err := r.kafka.Produce(t.Context(), &kafka.ProduceRequest{
			Topic: r.topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
		})
		require.NoError(t, err)
		require.NoError(t, answer.Error)
	}
	return letters, strays
}

// awaitDocuments waits for one document of each id, in the index of that ending.
func (r *release) awaitDocuments(t *testing.T, ids []string, ending string) {
	t.Helper()
	began := time.Now()
	query, err := json.Marshal(map[string]any{"size": 1000, "_source": false, "query": map[string]any{"ids": map[string]any{"values": ids}}})
	require.NoError(t, err)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var answer struct {
			Hits struct {
				Hits []struct {
					ID    string `json:"_id"`
					Index string `json:"_index"`
				}
			}
		}
		// All shards or an error.
		require.NoError(c, r.elastic(t.Context(), "POST", r.index+"*/_search?allow_partial_search_results=false", string(query), &answer))
		require.Len(c, answer.Hits.Hits, len(ids), "documents in %s; the engine has to read, of each partition, %s", ending, r.unread(t.Context()))
		for _, hit := range answer.Hits.Hits {
			require.Equal(c, r.index+ending, hit.Index, "index of %s", hit.ID)
		}
	}, 10*time.Minute, time.Second)
	t.Logf("%d documents in %s after %.0f s", len(ids), ending, time.Since(began).Seconds())
}

// fillDisk writes a file beside the data of an Elasticsearch node that takes its disk past the flood stage, which is first
// brought near: no test may fill the disk of the machine itself. What it returns deletes the file.
func (r *release) fillDisk(t *testing.T) (free func()) {
	t.Helper()
	node, _, err := r.Process(t.Context(), name+"-elasticsearch-0")
	require.NoError(t, err)
	var disk []struct {
		Available string `json:"disk.avail"`
	}
	require.NoError(t, r.elastic(t.Context(), "GET", "_cat/allocation?format=json&bytes=b&h=disk.avail", "", &disk))
	available, err := strconv.ParseInt(disk[0].Available, 10, 64)
	require.NoError(t, err)
	const fill = 4 << 30
	require.Greater(t, available, int64(2*fill), "free space")
	mark := strconv.FormatInt(available-fill/2, 10) + "b"
	require.NoError(t, r.watermarks(t.Context(), strconv.Quote(mark)))

	const file = "/var/local-path-provisioner/fill" // where kind keeps its volumes
	free = func() {
		ctx := context.WithoutCancel(t.Context())
		_, err := live.Docker(ctx, "exec", node, "rm", "-f", file)
		assert.NoError(t, err)
	}
	t.Cleanup(func() {
		free()
		assert.NoError(t, r.watermarks(context.WithoutCancel(t.Context()), "null"))
	})
	_, err = live.Docker(t.Context(), "exec", node, "fallocate", "--length", strconv.Itoa(fill), file)
	require.NoError(t, err)
	return free
}

// watermarks sets all three to the same free space, or back to the configuration's.
func (r *release) watermarks(ctx context.Context, mark string) error {
	interval := `"10s"`
	if mark == "null" {
		interval = mark
	}
	settings := fmt.Sprintf(`{"persistent":{"cluster.info.update.interval":%s`, interval)
	for _, stage := range []string{"low", "high", "flood_stage"} {
		settings += fmt.Sprintf(`,"cluster.routing.allocation.disk.watermark.%s":%s`, stage, mark)
	}
	return r.elastic(ctx, "PUT", "_cluster/settings", settings+"}}", nil)
}

// blockWrites makes every index of the logs refuse writes, as an operator or a snapshot tool may.
func (r *release) blockWrites(ctx context.Context, blocked bool) error {
	return r.elastic(ctx, "PUT", r.index+"/_settings", fmt.Sprintf(`{"index.blocks.write":%t}`, blocked), nil)
}

// awaitRefusals waits until an index of the logs refuses writes, or none does any more.
func (r *release) awaitRefusals(t *testing.T, refused bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		var indices map[string]struct{ Settings map[string]any }
		if r.elastic(t.Context(), "GET", r.index+"/_settings?flat_settings=true", "", &indices) != nil {
			return false
		}
		blocks := 0
		for _, index := range indices {
			for key, value := range index.Settings {
				if strings.HasPrefix(key, "index.blocks.") && value == "true" {
					blocks++
				}
			}
		}
		return blocks > 0 == refused
	}, 2*time.Minute, time.Second, "indices that refuse writes: %t", refused)
}
