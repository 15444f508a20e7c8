package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"sluice/bench/internal/consumers"
)

// cluster is Kafka.
type cluster struct{ admin *kadm.Client }

// topic is one with events.
type topic struct {
	name       string
	partitions int
	events     int64
}

func connect(brokers string) (*cluster, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(brokers, ",")...))
	if err != nil {
		return nil, err
	}
	return &cluster{admin: kadm.NewClient(client)}, nil
}

func (c *cluster) close() { c.admin.Close() }

// create makes the topic, and the empty one that the Collector reads as well.
func (c *cluster) create(ctx context.Context, name string, partitions int) (topic, error) {
	t := topic{name: name, partitions: partitions}
	for name, partitions := range map[string]int{name: partitions, name + consumers.AnomaliesSuffix: 1} {
		if _, err := c.admin.CreateTopic(ctx, int32(partitions), -1, nil, name); err != nil {
			return t, fmt.Errorf("create topic %s: %w", name, err)
		}
	}
	var err error
	for range 100 { // until every partition has a leader
		if _, err = c.records(ctx, t); err == nil {
			return t, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return t, err
}

// records is how many the topic holds.
func (c *cluster) records(ctx context.Context, t topic) (total int64, err error) {
	ends, err := c.admin.ListEndOffsets(ctx, t.name)
	if err == nil {
		err = ends.Error()
	}
	ends.Each(func(end kadm.ListedOffset) { total += end.Offset })
	return total, err
}

// joined waits until so many members share the group's partitions.
func (c *cluster) joined(ctx context.Context, group string, members int) error {
	for deadline := time.Now().Add(joinTimeout); ; time.Sleep(200 * time.Millisecond) {
		groups, err := c.admin.DescribeGroups(ctx, group)
		if err != nil {
			return err
		}
		if g := groups[group]; g.State == "Stable" && len(g.Members) == members {
			return nil
		} else if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d members are in the group %s, which is %s", len(g.Members), members, group, g.State)
		}
	}
}

// forget removes the group, and that of the Collector's second topic.
func (c *cluster) forget(ctx context.Context, group string) {
	if _, err := c.admin.DeleteGroups(ctx, group, group+consumers.AnomaliesSuffix); err != nil {
		fmt.Fprintf(os.Stderr, "delete group %s: %v\n", group, err)
	}
}

// remove also works when the program is ended.
func (c *cluster) remove(ctx context.Context, t topic) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if _, err := c.admin.DeleteTopics(ctx, t.name, t.name+consumers.AnomaliesSuffix); err != nil {
		fmt.Fprintf(os.Stderr, "delete topic %s: %v\n", t.name, err)
	}
}
