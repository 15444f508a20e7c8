package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sluice/internal/figures"
	"sluice/internal/size"
)

// shortestMeasured is the shortest run whose use of CPU says something: kubelets look every ten seconds or so.
const shortestMeasured = time.Minute

// Prediction is what `sluice size` reckons an event with, beside what it took in this run.
type Prediction struct {
	What      string  `json:"what"`
	Unit      string  `json:"unit"`
	Predicted float64 `json:"predicted"`
	Measured  float64 `json:"measured"`
	// Coefficient is that of `sluice size` which says so, and Value what it would be by this run.
	Coefficient string  `json:"coefficient"`
	Value       float64 `json:"coefficient_value"`
}

// ratio is 1 where both are the same.
func (p Prediction) ratio() float64 { return p.Measured / p.Predicted }

// stock is what has been used and stored at a moment.
type stock struct {
	cpu         map[string]cpuSample
	segments    map[string]segment
	logBytes    float64 // of all copies
	logRecords  float64 // of all copies, since each partition began
	hasLogBytes bool
}

// measurement is the beginning of one.
type measurement struct {
	yardstick float64            // events that a CPU makes in a second
	rest      map[string]float64 // CPUs that each pod uses anyway
	before    stock
}

// startMeasuring sees how fast a CPU is, what the pods use while nothing is sent, and what there is once they are warm.
func (r *run) startMeasuring(ctx context.Context) (*measurement, error) {
	var m measurement
	var err error
	r.progress(StepSpeed, 0, 1)
	if m.yardstick, err = r.yardstick(ctx); err != nil {
		return nil, err
	}
	r.progress(StepIdle, 0, int64(r.idle.Seconds()))
	if m.rest, err = r.resting(ctx); err != nil {
		return nil, err
	}
	r.progress(StepWarmUp, 0, int64(warmUp.Seconds()))
	if err = r.warmUp(ctx); err != nil {
		return nil, err
	}
	m.before, err = r.takeStock(ctx, 0)
	return &m, err
}

// resting is the least that each pod uses between two looks while nothing is sent: more than that is for events that came before,
// such as a merge.
func (r *run) resting(ctx context.Context) (map[string]float64, error) {
	last, err := r.cpu(ctx)
	if err != nil {
		return nil, err
	}
	least := map[string]float64{}
	for began := time.Now(); len(least) == 0 || time.Since(began) < r.idle; {
		next, err := r.cpuAfter(ctx, last)
		if err != nil {
			return nil, err
		}
		for pod, sample := range next {
			used, err := sample.since(pod, last[pod])
			if err != nil {
				return nil, err
			}
			cpus := used / sample.at.Sub(last[pod].at).Seconds()
			if had, ok := least[pod]; !ok || cpus < had {
				least[pod] = cpus
			}
		}
		last = next
	}
	return least, nil
}

// cpuAfter waits until all samples are newer than those before.
func (r *run) cpuAfter(ctx context.Context, before map[string]cpuSample) (samples map[string]cpuSample, err error) {
	return samples, r.eventually(ctx, func() error {
		if samples, err = r.cpu(ctx); err != nil {
			return err
		}
		if !newer(samples, before) {
			return errors.New("the kubelets have not looked at the containers again")
		}
		return nil
	})
}

// takeStock waits until what the kubelets tell is of now, and Prometheus knows of as many records.
func (r *run) takeStock(ctx context.Context, records float64) (s stock, err error) {
	stale, err := r.cpu(ctx)
	if err != nil {
		return s, err
	}
	if s.cpu, err = r.cpuAfter(ctx, stale); err != nil {
		return s, err
	}
	if s.segments, err = r.elastic.segments(ctx); err != nil || !r.deployed.prometheus {
		return s, err
	}
	s.hasLogBytes = true
	return s, r.eventually(ctx, func() error {
		for query, value := range map[string]*float64{"kafka_log_size": &s.logBytes, "kafka_log_logendoffset": &s.logRecords} {
			var found bool
			if *value, found, err = r.prometheus.value(ctx, fmt.Sprintf("sum(%s{topic=%q})", query, r.deployed.topic)); err != nil {
				return err
			}
			if !found {
				return fmt.Errorf("no %s of %s in Prometheus", query, r.deployed.topic)
			}
		}
		if s.logRecords < records {
			return fmt.Errorf("%s records known to Prometheus, not yet %s", figures.Thousands(int64(s.logRecords)), figures.Thousands(int64(records)))
		}
		return nil
	})
}

// predictions hold what the run took against what `sluice size` reckons with. eventBytes is the mean size of the run's events.
func (r *run) predictions(ctx context.Context, m *measurement, eventBytes float64) ([]Prediction, error) {
	coefficients, err := size.Defaults()
	if err != nil {
		return nil, err
	}
	after, err := r.takeStock(ctx, m.before.logRecords+float64(r.Count*r.deployed.logCopies))
	if err != nil {
		return nil, err
	}
	used, err := usedBy(m.rest, m.before.cpu, after.cpu)
	if err != nil {
		return nil, err
	}
	brokers := 0
	for _, sample := range after.cpu {
		if sample.component == "kafka" {
			brokers++
		}
	}
	planned := coefficients.PerEvent(size.Load{
		Engine: r.deployed.engine, Rate: float64(r.Rate), EventBytes: eventBytes,
		IndexCopies: r.deployed.indexCopies, LogCopies: r.deployed.logCopies, Brokers: brokers,
	})
	speed := m.yardstick / coefficients.Value(size.Yardstick)
	took := func(component string) float64 { return used[component] / float64(r.Count) }
	cpu := func(component, coefficient string, planned, value float64) Prediction {
		const micro = 1e6
		return Prediction{component + ", CPU", "µs", micro * planned / speed, micro * took(component), coefficient, value}
	}
	rate := func(component, coefficient string, planned float64) Prediction {
		return cpu(component, coefficient, planned, coefficients.Value(coefficient)*planned/took(component))
	}
	bytes := func(what, coefficient string, planned, measured float64) Prediction {
		p := Prediction{what, "bytes", planned, measured, coefficient, 0}
		p.Value = coefficients.Value(coefficient) * p.ratio()
		return p
	}
	predictions := []Prediction{
		rate(r.deployed.engine, size.EngineRate(r.deployed.engine), planned.EngineCPU),
		rate("elasticsearch", size.ElasticsearchRate, planned.ElasticsearchCPU),
		// At such rates it is the requests that a broker's CPU goes to, and hardly what they carry.
		cpu("kafka", size.KafkaRequests, planned.KafkaRequestsCPU+planned.KafkaCPU,
			(took("kafka")-planned.KafkaCPU/speed)*float64(r.Rate)/float64(brokers)),
		bytes("a copy in the index", "elasticsearch.stored_share", planned.IndexBytes,
			bytesOfNew(m.before.segments, after.segments)),
	}
	if after.hasLogBytes {
		predictions = append(predictions, bytes("a copy in the topic", "kafka.stored_share", planned.LogBytes,
			(after.logBytes-m.before.logBytes)/(after.logRecords-m.before.logRecords)))
	}
	return predictions, nil
}

// asPlanned checks that all predictions hold.
func (r *run) asPlanned(predictions []Prediction, err error) Check {
	const name = "as planned"
	if err != nil {
		return failed(name, "see `"+r.kubectl("get --raw /api/v1/nodes")+"`: the kubelets tell what containers use", "what the run took can't be measured: %v", err)
	}
	var off []string
	for _, p := range predictions {
		if ratio := p.ratio(); !(ratio >= 1-r.Tolerance && ratio <= 1+r.Tolerance) {
			off = append(off, fmt.Sprintf("%s is %.2f times what was predicted", p.What, ratio))
		}
	}
	if off != nil {
		return failed(name, "other work on this machine, a rate far from the 1,000 a second that the coefficients are of, or one that is not this cluster's: `sluice size --explain` lists them, --set and internal/size/coefficients.yaml change them",
			"%s", strings.Join(off, "; "))
	}
	return ok(name, "%d predictions hold within %.0f%%", len(predictions), 100*r.Tolerance)
}
