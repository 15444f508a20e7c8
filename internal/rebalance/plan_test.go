package rebalance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func noRacks(n int) map[int]string {
	racks := map[int]string{}
	for id := range n {
		racks[id] = ""
	}
	return racks
}

// topic has one partition for each list of replicas.
func topic(name string, replicas ...[]int) []partition {
	var all []partition
	for id, r := range replicas {
		all = append(all, partition{name, id, r})
	}
	return all
}

func TestPlan(t *testing.T) {
	for name, c := range map[string]struct {
		before []partition
		racks  map[int]string
		want   []partition // those that change
	}{
		"even":               {topic("t", []int{0}, []int{1}), noRacks(2), nil},
		"one broker more":    {topic("t", []int{0}, []int{0}, []int{0}, []int{0}), noRacks(2), []partition{{"t", 0, []int{1}}, {"t", 1, []int{1}}}},
		"one broker less":    {topic("t", []int{0}, []int{1}), noRacks(1), []partition{{"t", 1, []int{0}}}},
		"the last one goes":  {topic("t", []int{0, 1}, []int{1, 2}, []int{2, 0}), noRacks(2), []partition{{"t", 1, []int{1, 0}}, {"t", 2, []int{1, 0}}}},
		"all topics are one": {slices.Concat(topic("a", []int{0}), topic("b", []int{0})), noRacks(2), []partition{{"a", 0, []int{1}}}},
		"racks come first":   {topic("t", []int{0, 1}), map[int]string{0: "a", 1: "a", 2: "b"}, []partition{{"t", 0, []int{2, 1}}}},
		"leaders":            {topic("t", []int{0, 1}, []int{0, 1}), noRacks(2), []partition{{"t", 1, []int{1, 0}}}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, plan(c.before, c.racks)) })
	}
}

// Whatever there is, what comes out is legal and even, and is left alone the next time.
func TestPlansAreEven(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 500 {
		brokers, now := 1+random.IntN(6), 1+random.IntN(6)
		racks := noRacks(brokers)
		withRacks := random.IntN(2) == 0
		if withRacks {
			for id := range racks {
				racks[id] = fmt.Sprint("rack", id%3)
			}
		}
		var before []partition
		for name := range 1 + random.IntN(4) {
			factor := 1 + random.IntN(min(brokers, now))
			for id := range 1 + random.IntN(12) {
				before = append(before, partition{fmt.Sprint("topic", name), id, random.Perm(now)[:factor]})
			}
		}
		changed := plan(before, racks)
		after := apply(before, changed)
		require.Empty(t, plan(after, racks), "round %d: planned again", round)

		holders, ofTopic := map[int]int{}, map[string]map[int]int{}
		for i, p := range after {
			require.Len(t, p.replicas, len(before[i].replicas))
			used := map[string]bool{}
			for j, broker := range p.replicas {
				require.Contains(t, racks, broker)
				require.NotContains(t, p.replicas[:j], broker)
				used[racks[broker]] = true
				holders[broker]++
				if ofTopic[p.topic] == nil {
					ofTopic[p.topic] = map[int]int{}
				}
				ofTopic[p.topic][broker]++
			}
			if withRacks {
				require.Len(t, used, min(len(p.replicas), brokers, 3), "racks of %v", p)
			}
		}
		if !withRacks { // racks of unequal size allow no more
			require.LessOrEqual(t, spread(holders, brokers), 1, "round %d: %v", round, holders)
			for name, count := range ofTopic {
				require.LessOrEqual(t, spread(count, brokers), 1, "round %d: %s %v", round, name, count)
			}
		}
	}
}

func apply(before, changed []partition) []partition {
	after := slices.Clone(before)
	for i, p := range after {
		for _, c := range changed {
			if c.topic == p.topic && c.id == p.id {
				after[i] = c
			}
		}
	}
	return after
}

// spread is the most minus the least that one of so many brokers has.
func spread(count map[int]int, brokers int) int {
	least := 0
	if len(count) == brokers {
		least = slices.Min(slices.Collect(maps.Values(count)))
	}
	return slices.Max(slices.Collect(maps.Values(count))) - least
}
