package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"sluice/internal/figures"
	"sluice/internal/size"
)

// shortestMeasured is the shortest run whose use of CPU says something: kubelets look every ten seconds or so.
const shortestMeasured = time.Minute

// Prediction is what `sluice size` reckons with, beside what was seen: CPUs of all pods of a component, or bytes of an event.
type Prediction struct {
	What string `json:"what"`
	Unit string `json:"unit"`
	// Rest is what of both CPUs the pods took before the events came: plans know nothing of it.
	Rest      float64 `json:"rest,omitempty"`
	Predicted float64 `json:"predicted"`
	Measured  float64 `json:"measured"`
	// Coefficient is that of `sluice size` which says so, and Value what it would be by this run; 0 where events took nothing.
	Coefficient string  `json:"coefficient"`
	Value       float64 `json:"coefficient_value"`
}

// ratio is 1 where both are the same.
func (p Prediction) ratio() float64 { return p.Measured / p.Predicted }

// stock is what has been used and stored at a moment.
type stock struct {
	cpu         map[string]cpuSample
	segments    map[string]segment
	merging     float64 // seconds of Elasticsearch
	indexed     float64 // documents
	logBytes    float64 // of all copies
	logRecords  float64 // of all copies, since each partition began
	hasLogBytes bool
}

// measurement is what there was before events, and after them.
type measurement struct {
	rest          map[string]float64 // CPUs that each pod uses anyway
	generatorCPUs float64            // that it took to send the events
	before, after stock
}

// measure sends as many events again: the first have warmed the pods up, and nobody looks for these, which takes Elasticsearch's CPU, too.
func (r *run) measure(ctx context.Context) (m measurement, err error) {
	r.progress(StepIdle, 0, int64(r.idle.Seconds()))
	if m.rest, err = r.resting(ctx); err != nil {
		return m, err
	}
	if m.before, err = r.takeStock(ctx, 0); err != nil {
		return m, err
	}
	r.progress(StepMeasure, 0, int64(r.Count))
	if m.generatorCPUs, err = r.sendUnwatched(ctx); err != nil {
		return m, err
	}
	m.after, err = r.takeStock(ctx, m.before.logRecords+float64(r.Count*r.deployed.logCopies))
	return m, err
}

// sendUnwatched asks for the events only once the generator has come to its end, and tells how many CPUs that took.
func (r *run) sendUnwatched(parent context.Context) (cpus float64, err error) {
	ctx, cancel := context.WithTimeout(parent, r.Timeout)
	defer cancel()
	sent := *r.elastic
	sent.runID = uuid.NewString()
	g, err := r.generate(ctx, sent.runID)
	if err != nil {
		return 0, err
	}
	if g.summary.CPU == 0 {
		return 0, errors.New("log-generator tells no CPU seconds: its image must be as new as this program")
	}
	return g.summary.CPU / g.summary.Seconds, r.eventually(ctx, func() error {
		count, err := sent.count(ctx)
		if err == nil && count < int64(r.Count) {
			err = fmt.Errorf("%s of %s events are searchable", figures.Thousands(count), figures.Thousands(int64(r.Count)))
		}
		return err
	})
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
	if s.segments, err = r.elastic.segments(ctx); err != nil {
		return s, err
	}
	if s.merging, s.indexed, err = r.elastic.merged(ctx); err != nil || !r.deployed.prometheus {
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

// predict measures, and returns the CPUs that log-generator took, too. eventBytes is the mean size of an event.
func (r *run) predict(ctx context.Context, eventBytes float64) (generatorCPUs float64, predictions []Prediction, err error) {
	m, err := r.measure(ctx)
	if err != nil {
		return 0, nil, err
	}
	predictions, err = r.predictions(m, eventBytes)
	return m.generatorCPUs, predictions, err
}

// predictions hold what was measured against what `sluice size` reckons with.
func (r *run) predictions(m measurement, eventBytes float64) ([]Prediction, error) {
	coefficients, err := size.Defaults()
	if err != nil {
		return nil, err
	}
	used, err := usedBy(m.rest, m.before.cpu, m.after.cpu)
	if err != nil {
		return nil, err
	}
	// A merge is of many more events than those that it comes between: each is counted the mean of all so far.
	elasticsearch, brokers := used["elasticsearch"], used["kafka"].pods
	elasticsearch.seconds += float64(r.Count)*m.after.merging/m.after.indexed - (m.after.merging - m.before.merging)
	used["elasticsearch"] = elasticsearch
	planned := coefficients.PerEvent(size.Load{
		Engine: r.deployed.engine, Rate: float64(r.Rate), EventBytes: eventBytes,
		IndexCopies: r.deployed.indexCopies, LogCopies: r.deployed.logCopies, Brokers: brokers,
	})
	speed := coefficients.Value(size.GeneratorCPUs) / m.generatorCPUs
	took := func(component string) float64 { return used[component].seconds / float64(r.Count) }
	cpu := func(component, coefficient string, planned, value float64) Prediction {
		rest := used[component].rest
		with := func(perEvent float64) float64 { return rest + perEvent*float64(r.Rate) }
		return Prediction{component, "CPUs", rest, with(planned / speed), with(took(component)), coefficient, max(0, value)}
	}
	rate := func(component, coefficient string, planned float64) Prediction {
		value := 0.0
		if took(component) > 1e-9 { // CPU seconds; less is what rounding leaves of nothing
			value = coefficients.Value(coefficient) * planned / took(component)
		}
		return cpu(component, coefficient, planned, value)
	}
	bytes := func(what, coefficient string, planned, measured float64) Prediction {
		return Prediction{what, "bytes", 0, planned, measured, coefficient, coefficients.Value(coefficient) * measured / planned}
	}
	predictions := []Prediction{
		rate(r.deployed.engine, size.EngineRate(r.deployed.engine), planned.EngineCPU),
		rate("elasticsearch", size.ElasticsearchRate, planned.ElasticsearchCPU),
		// At such rates it is the requests that a broker's CPU goes to, and hardly what they carry.
		cpu("kafka", size.KafkaRequests, planned.KafkaRequestsCPU+planned.KafkaCPU,
			(took("kafka")-planned.KafkaCPU/speed)*float64(r.Rate)/float64(brokers)),
		bytes("an event in the index", "elasticsearch.stored_share", planned.IndexBytes,
			bytesOfNew(m.before.segments, m.after.segments)),
	}
	if m.after.hasLogBytes {
		predictions = append(predictions, bytes("an event in the topic", "kafka.stored_share", planned.LogBytes,
			(m.after.logBytes-m.before.logBytes)/(m.after.logRecords-m.before.logRecords)))
	}
	return predictions, nil
}

// asPlanned checks that all predictions hold.
func (r *run) asPlanned(predictions []Prediction, err error) Check {
	const name = "as planned"
	if err != nil {
		return failed(name, "see `"+r.kubectl("get pods")+"`, or leave it out with --tolerance 0", "what events take can't be measured: %v", err)
	}
	var off []string
	for _, p := range predictions {
		if ratio := p.ratio(); !(ratio >= 1-r.Tolerance && ratio <= 1+r.Tolerance) {
			off = append(off, fmt.Sprintf("%s: %.2f times the %s that were predicted", p.What, ratio, p.Unit))
		}
	}
	if off != nil {
		return failed(name, "other work on this machine, a rate far from the 1,000 a second that the coefficients are of, or one that is not this cluster's: `sluice size --explain` lists them, --set and internal/size/coefficients.yaml change them",
			"%s", strings.Join(off, "; "))
	}
	return ok(name, "%d predictions hold within %.0f%%", len(predictions), 100*r.Tolerance)
}
