package size

import "math"

// shape is a size of pod. Components have a few, each larger than the one before in everything.
type shape struct {
	cpu       float64 // requested CPUs, which the load is planned for
	cpuLimit  float64
	memoryGiB float64 // requested, and the limit
	heapMiB   int     // of the JVM; 0 without one
}

// bound is a number of pods that something asks for.
type bound struct {
	why  string
	pods float64
}

// fleet are the pods of a component.
type fleet struct {
	shape
	pods int
	why  string // what decides their number and size
}

// fewestPods are those of every component that scales: a quorum that survives the loss of one, a broker for each of the most
// copies that there may be; as many with fewer copies, or a further copy could take away from what all brokers have together.
const fewestPods = 3

// scale makes pods larger until the fewest that there may be are enough, then makes more of the largest. So more load
// never takes away from what all of them have together: it would, if small pods gave way to fewer large ones.
// Their number is a multiple of the zones, so that each has as many.
func scale(shapes []shape, zones int, bounds func(shape) []bound) fleet {
	fewest := roundUp(fewestPods, zones)
	why := "minimum"
	for _, candidate := range shapes {
		most := bound{}
		for _, b := range bounds(candidate) {
			if b.pods > most.pods {
				most = b
			}
		}
		if pods := roundUp(most.pods, zones); pods > fewest {
			if candidate != shapes[len(shapes)-1] {
				why = most.why
				continue
			}
			return fleet{candidate, pods, most.why}
		}
		return fleet{candidate, fewest, why}
	}
	panic("size: no shapes")
}

// volumes are the GiB of each pod's volume, so that all pods together have a total. Rounding up could give more pods less
// together than fewer had; so each further pod in every zone starts from what the ones before it had together. One pod a
// zone has whole GiB, more have whole MiB: with many pods, a GiB of each would be a lot.
func volumes(totalGiB float64, pods, zones int) float64 {
	total := totalGiB * 1024
	each := ceil(totalGiB/float64(zones)) * 1024
	for n := 2 * zones; n <= pods; n += zones {
		each = ceil(math.Max(float64(each*(n-zones)), total) / float64(n))
	}
	return float64(each) / 1024
}

// ceil rounds up, but not what only floating point has put above a whole number.
func ceil(value float64) int { return int(math.Ceil(value - 1e-9)) }

// roundUp is the next multiple of a step.
func roundUp(value float64, step int) int { return ceil(value/float64(step)) * step }
