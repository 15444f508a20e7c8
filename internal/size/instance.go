package size

import "math"

// Instance is a type of EC2 instance.
type Instance struct {
	Family string // m6i has 4 GiB for each vCPU, r6i 8
	Size   string
	VCPUs  int
	GiB    int
}

// Name is what AWS calls it.
func (i Instance) Name() string { return i.Family + "." + i.Size }

var instances = []Instance{
	{"m6i", "xlarge", 4, 16}, {"m6i", "2xlarge", 8, 32}, {"m6i", "4xlarge", 16, 64}, {"m6i", "8xlarge", 32, 128}, {"m6i", "16xlarge", 64, 256},
	{"r6i", "xlarge", 4, 32}, {"r6i", "2xlarge", 8, 64}, {"r6i", "4xlarge", 16, 128}, {"r6i", "8xlarge", 32, 256}, {"r6i", "16xlarge", 64, 512},
}

// CPU is what EKS' kubelets leave to pods: they keep 6% of the first CPU, 1% of the second, 0.5% of the next two and 0.25% of
// each further one.
func (i Instance) CPU() float64 { return float64(i.VCPUs) - 0.08 - 0.0025*float64(i.VCPUs-4) }

// MemoryGiB is what is left to pods, in whole GiB: the hypervisor takes up to 4%, the kubelets keep 255 MiB and 11 MiB for each pod
// that the instance has addresses for, and evict pods when only 100 MiB are free.
func (i Instance) MemoryGiB() int {
	pods := 58.0
	if i.VCPUs >= 16 {
		pods = 234
	}
	if i.VCPUs >= 64 {
		pods = 737
	}
	return int(math.Floor(0.96*float64(i.GiB) - (255+11*pods+100)/1024))
}

// hourly is the price on demand of an hour, in USD.
func (i Instance) hourly(c Coefficients) float64 {
	return float64(i.VCPUs) * c.Value("price."+i.Family+"_vcpu_hour")
}

// need is what the pods of one node ask for.
type need struct{ cpu, memoryGiB float64 }

func (n need) add(cpu, memoryGiB float64) need { return need{n.cpu + cpu, n.memoryGiB + memoryGiB} }

// cheapest is the least expensive type that has room for pods, and for what the cluster itself runs on each node.
func cheapest(n need, c Coefficients) (found Instance, ok bool) {
	for _, i := range instances {
		fits := n.cpu+c.Value("aws.node_cpu_system") <= i.CPU()+1e-9 && n.memoryGiB+c.Value("aws.node_memory_gib_system") <= float64(i.MemoryGiB())
		if fits && (!ok || i.hourly(c) < found.hourly(c)) {
			found, ok = i, true
		}
	}
	return found, ok
}
