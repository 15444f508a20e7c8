// Package rebalance moves Kafka's partitions evenly over the brokers, and away from those that shall leave.
package rebalance

import (
	"cmp"
	"maps"
	"slices"
)

// partition is one of a topic's. The first of its replicas is the broker that leads it when all is well.
type partition struct {
	topic    string
	id       int
	replicas []int
}

// layout is who holds what, on the way to a better one.
type layout struct {
	racks      map[int]string // of the brokers that may hold something
	brokers    []int          // the same, sorted
	partitions []partition
	total      map[int]int
	ofTopic    map[string]map[int]int
}

// plan returns the partitions that have to change, as they shall be: on the brokers of racks only, on as many racks as
// can be, and then evenly, each topic and all of them. What is well placed stays: moving copies the data.
func plan(partitions []partition, racks map[int]string) []partition {
	l := layout{racks: racks, brokers: slices.Sorted(maps.Keys(racks)), total: map[int]int{}, ofTopic: map[string]map[int]int{}}
	for _, p := range partitions {
		if l.ofTopic[p.topic] == nil {
			l.ofTopic[p.topic] = map[int]int{}
		}
		l.partitions = append(l.partitions, partition{p.topic, p.id, slices.Clone(p.replicas)})
		for _, broker := range p.replicas {
			l.count(p.topic, broker, 1)
		}
	}
	for _, p := range l.partitions {
		l.placeWell(p)
	}
	for l.moveOne(func(p partition, from, to int) bool { return l.ofTopic[p.topic][from]-l.ofTopic[p.topic][to] > 1 }) {
	}
	for l.moveOne(func(p partition, from, to int) bool {
		return l.total[from]-l.total[to] > 1 && l.ofTopic[p.topic][from] > l.ofTopic[p.topic][to]
	}) {
	}
	l.spreadLeaders()

	var changed []partition
	for i, p := range l.partitions {
		if !slices.Equal(p.replicas, partitions[i].replicas) {
			changed = append(changed, p)
		}
	}
	return changed
}

func (l layout) count(topic string, broker, by int) {
	l.total[broker] += by
	l.ofTopic[topic][broker] += by
}

// placeWell replaces the replicas that may not stay where they are, and those that share a rack without need.
func (l layout) placeWell(p partition) {
	for i, broker := range p.replicas {
		others := slices.Concat(p.replicas[:i], p.replicas[i+1:])
		_, stays := l.racks[broker]
		if stays && !l.shares(broker, others) {
			continue
		}
		best := l.best(p.topic, others)
		if stays && l.shares(best, others) {
			continue
		}
		l.count(p.topic, broker, -1)
		l.count(p.topic, best, 1)
		p.replicas[i] = best
	}
}

// best is the broker for a replica beside others: on a rack of its own, and with the least to hold.
func (l layout) best(topic string, others []int) int {
	free := slices.DeleteFunc(slices.Clone(l.brokers), func(broker int) bool { return slices.Contains(others, broker) })
	return slices.MinFunc(free, func(a, b int) int {
		return cmp.Or(
			cmp.Compare(number(l.shares(a, others)), number(l.shares(b, others))),
			cmp.Compare(l.ofTopic[topic][a], l.ofTopic[topic][b]),
			cmp.Compare(l.total[a], l.total[b]),
			cmp.Compare(a, b),
		)
	})
}

// shares tells whether the broker is on the rack of one of the others. Without racks each is on its own.
func (l layout) shares(broker int, others []int) bool {
	return slices.ContainsFunc(others, func(other int) bool { return l.racks[broker] != "" && l.racks[other] == l.racks[broker] })
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// moveOne moves one replica from a broker that has more to one that has less, if there is one that may.
func (l layout) moveOne(may func(p partition, from, to int) bool) bool {
	for _, p := range l.partitions {
		for i, from := range p.replicas {
			others := slices.Concat(p.replicas[:i], p.replicas[i+1:])
			for _, to := range l.brokers {
				if slices.Contains(p.replicas, to) || !may(p, from, to) || l.shares(to, others) && !l.shares(from, others) {
					continue
				}
				p.replicas[i] = to
				l.count(p.topic, from, -1)
				l.count(p.topic, to, 1)
				return true
			}
		}
	}
	return false
}

// spreadLeaders puts that replica first whose broker leads the fewest, of the topic and of all.
func (l layout) spreadLeaders() {
	total, ofTopic := map[int]int{}, map[string]map[int]int{}
	for _, p := range l.partitions {
		if ofTopic[p.topic] == nil {
			ofTopic[p.topic] = map[int]int{}
		}
		leader := slices.MinFunc(p.replicas, func(a, b int) int { // the first of those that are equal
			return cmp.Or(cmp.Compare(ofTopic[p.topic][a], ofTopic[p.topic][b]), cmp.Compare(total[a], total[b]))
		})
		total[leader]++
		ofTopic[p.topic][leader]++
		at := slices.Index(p.replicas, leader)
		p.replicas[0], p.replicas[at] = p.replicas[at], p.replicas[0]
	}
}
