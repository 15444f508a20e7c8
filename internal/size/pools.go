package size

import (
	"slices"

	"sluice/internal/usage"
)

// Pool is a node pool of terraform/: a node group in each zone.
type Pool struct {
	Name       string
	Instance   Instance
	Spot       bool
	Dedicated  bool
	PerZone    int
	MaxPerZone int
	Components []string // whose pods global.pools sends there
}

// tenant is a component whose pods ask for room.
type tenant struct {
	name      string
	pods      int
	cpu       float64
	memoryGiB float64
}

// ZooKeeper, as values-prod.yaml has it: the load does not reach it.
var zookeeper = tenant{"zookeeper", 3, 0.25, 0.75}

// pools are the cheapest of three layouts for what keeps data and what carries it: all of it on nodes of one kind, each with room for a
// pod of every component; a pool of its own for each component; or one for each but the engine, whose pods may be small
// enough to go to the nodes of ZooKeeper. Since none ever gets cheaper with more load, nor does the cheapest one.
//
// In all, each zone has a node more than its pods need: they find room on it when another is lost or drained. Pods of one component
// never share a node (global.spread: DoNotSchedule), which makes the counting so easy.
func (s *sheet) pools(data []tenant, engine, prometheus, spark tenant) ([]Pool, error) {
	all := slices.Concat(data, []tenant{engine})
	small := []tenant{zookeeper, prometheus}
	var pools []Pool
	for _, layout := range []func() ([]Pool, bool){
		func() ([]Pool, bool) { return s.sharedPools(slices.Concat(all, small)) },
		func() ([]Pool, bool) { return s.ownPools(data, slices.Concat(small, []tenant{engine})) },
		func() ([]Pool, bool) { return s.ownPools(all, small) },
	} {
		if candidate, ok := layout(); ok && (pools == nil || s.nodesPrice(candidate) < s.nodesPrice(pools)) {
			pools = candidate
		}
	}
	if pools == nil {
		return nil, usage.Errorf("Prometheus would need %g GiB, more than the largest node here has: lower --rate, and give each part of the load an installation of its own", prometheus.memoryGiB)
	}
	worker, ok := cheapest(need{spark.cpu, spark.memoryGiB}, s.Coefficients)
	if !ok {
		return nil, usage.Errorf("no node here has room for a worker of Spark: set --set aws.node_cpu_system and aws.node_memory_gib_system to less")
	}
	perZone := ceil(float64(spark.pods) / float64(s.Zones))
	general, _ := cheapest(need{}, s.Coefficients)
	return append(pools,
		Pool{Name: "general", Instance: general, PerZone: 1, MaxPerZone: 3},
		Pool{Name: "spark", Instance: worker, Spot: true, Dedicated: true, PerZone: perZone, MaxPerZone: perZone + 2, Components: []string{spark.name}},
	), nil
}

func (s *sheet) sharedPools(tenants []tenant) ([]Pool, bool) {
	pool := Pool{Name: "stateful", Dedicated: true}
	var all need
	for _, t := range tenants {
		all = all.add(t.cpu, t.memoryGiB)
		pool.PerZone = max(pool.PerZone, ceil(float64(t.pods)/float64(s.Zones))+1)
		pool.Components = append(pool.Components, t.name)
	}
	var ok bool
	pool.Instance, ok = cheapest(all, s.Coefficients)
	pool.MaxPerZone = pool.PerZone
	return []Pool{pool}, ok
}

// ownPools has the pool stateful for those that are small, too.
func (s *sheet) ownPools(tenants, small []tenant) ([]Pool, bool) {
	pools, ok := s.sharedPools(small)
	for _, t := range tenants {
		own, fits := s.sharedPools([]tenant{t})
		own[0].Name, ok = t.name, ok && fits
		pools = append(pools, own...)
	}
	return pools, ok
}

// nodesPrice is that of a month, in USD.
func (s *sheet) nodesPrice(pools []Pool) float64 {
	sum := 0.0
	for _, pool := range pools {
		share := 1.0
		if pool.Spot {
			share = s.Value("price.spot_share")
		}
		nodes := float64(pool.PerZone * s.Zones)
		sum += nodes * (pool.Instance.hourly(s.Coefficients)*share*s.Value("price.month_hours") + s.Value("price.node_disk_gib")*s.Value("price.gp3_gib_month"))
	}
	return sum
}

// nodes are all nodes of the pools.
func nodes(pools []Pool, zones int) int {
	sum := 0
	for _, pool := range pools {
		sum += pool.PerZone * zones
	}
	return sum
}
