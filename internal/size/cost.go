package size

import (
	"fmt"

	"sluice/internal/figures"
)

// Cost is a month's bill, in USD, in the order of docs/eks.md.
type Cost []Item

// Item is a line of a bill.
type Item struct {
	What string
	How  string
	USD  float64
}

// Total is the sum of all items.
func (c Cost) Total() float64 {
	sum := 0.0
	for _, item := range c {
		sum += item.USD
	}
	return sum
}

func (s *sheet) cost(p *Plan) Cost {
	var cost Cost
	hours := s.times("price.month_hours")
	zones := times("zones", float64(s.Zones))
	for _, pool := range p.Pools {
		factors := []factor{
			times("nodes", float64(pool.PerZone*s.Zones)), times(pool.Instance.Name()+" an hour", pool.Instance.hourly(s.Coefficients)), hours,
		}
		how := fmt.Sprintf("%s %s", figures.Thousands(int64(pool.PerZone*s.Zones)), pool.Instance.Name())
		if pool.Spot {
			factors, how = append(factors, s.times("price.spot_share")), how+", spot"
		}
		cost = append(cost, Item{pool.Name + " nodes", how, s.product("Cost: "+pool.Name+" nodes", "USD", factors...)})
	}
	all := float64(nodes(p.Pools, s.Zones)) * s.Value("price.node_disk_gib")
	data := float64(p.Kafka.Pods)*p.Kafka.VolumeGiB + float64(p.Elasticsearch.Pods)*p.Elasticsearch.VolumeGiB +
		float64(p.Engine.Pods)*p.Engine.VolumeGiB + float64(p.Prometheus.VolumeGiB)
	volumes := s.product("Cost: volumes", "USD", times("GiB of data and of nodes", all+data), s.times("price.gp3_gib_month"))

	// Copies are in other zones; of what clients send and read, the part that is not in their own zone crosses.
	elsewhere := float64(s.Zones-1) / float64(s.Zones)
	apart := float64(min(s.Zones-1, 1))
	crossings := apart*float64(s.Replication-1) + elsewhere*(1+s.Value("kafka.readers"))
	kafka := s.product("Cost: Kafka's traffic between zones in a month", "GB", times("rate", s.Rate), times("event-bytes", s.EventBytes), s.times("kafka.stored_share"),
		times("crossings", crossings), times("3600 s", 3600), hours, over("GB", 1e9))
	elasticsearch := s.product("Cost: Elasticsearch's traffic between zones in a month", "GB", times("rate", s.Rate), times("event-bytes", s.EventBytes),
		times("crossings", elsewhere+apart*(s.Value("elasticsearch.copies")-1)), times("3600 s", 3600), hours, over("GB", 1e9))
	traffic := s.product("Cost: traffic between zones", "USD", times("GB", kafka+elasticsearch), s.times("price.zone_gb"))

	return append(cost,
		Item{"control plane", "", s.product("Cost: control plane", "USD", s.times("price.control_plane_hour"), hours)},
		Item{"NAT gateways", "one in each zone", s.product("Cost: NAT gateways", "USD", s.times("price.nat_hour"), zones, hours)},
		Item{"endpoints", "two in each zone", s.product("Cost: endpoints", "USD", s.times("price.endpoint_hour"), zones, hours)},
		Item{"volumes", fmt.Sprintf("%s GiB of data, %s of nodes, gp3", figures.Thousands(int64(data)), figures.Thousands(int64(all))), volumes},
		Item{"traffic between zones", fmt.Sprintf("%s GB", figures.Thousands(int64(kafka+elasticsearch))), traffic},
		Item{"file system, keys, logs", "", s.Value("price.rest_month")},
	)
}
