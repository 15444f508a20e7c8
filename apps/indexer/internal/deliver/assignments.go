package deliver

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
)

// topic is where records come from, and where their documents go.
type topic struct {
	name    string
	index   string
	anomaly bool
	read    prometheus.Counter
}

type key struct {
	topic string
	id    int32
}

// assignments are the partitions that the group has given to this member.
type assignments struct {
	mu         sync.Mutex
	partitions map[key]*partition
	known      map[string]*topic
}

func (a *assignments) get(topic string, id int32) *partition {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.partitions[key{topic, id}]
}

func (a *assignments) add(partitions map[string][]int32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, ids := range partitions {
		for _, id := range ids {
			a.partitions[key{name, id}] = newPartition(a.known[name], id)
		}
	}
}

// renew forgets how far a partition was read: its log is another one now.
func (a *assignments) renew(p *partition) *partition {
	a.mu.Lock()
	defer a.mu.Unlock()
	fresh := newPartition(p.topic, p.id)
	a.partitions[key{p.topic.name, p.id}] = fresh
	return fresh
}

// list returns those of the partitions that are assigned.
func (a *assignments) list(partitions map[string][]int32) []*partition {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []*partition
	for name, ids := range partitions {
		for _, id := range ids {
			if p := a.partitions[key{name, id}]; p != nil {
				list = append(list, p)
			}
		}
	}
	return list
}

func (a *assignments) remove(partitions []*partition) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range partitions {
		delete(a.partitions, key{p.topic.name, p.id})
	}
}

func (a *assignments) all() []*partition {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]*partition, 0, len(a.partitions))
	for _, p := range a.partitions {
		list = append(list, p)
	}
	return list
}

func (a *assignments) topics() []string {
	seen := map[string]bool{}
	var list []string
	for _, p := range a.all() {
		if !seen[p.topic.name] {
			seen[p.topic.name] = true
			list = append(list, p.topic.name)
		}
	}
	return list
}

// toCommit returns the offsets of partitions that have moved since the last commit.
func toCommit(partitions []*partition) map[string]map[int32]kgo.EpochOffset {
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for _, p := range partitions {
		if offset, moved := p.toCommit(); moved {
			if offsets[p.topic.name] == nil {
				offsets[p.topic.name] = map[int32]kgo.EpochOffset{}
			}
			offsets[p.topic.name][p.id] = offset
		}
	}
	return offsets
}
