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
	indexBytes  float64 // of primary shards
	documents   float64
	logBytes    float64 // of all copies
	logRecords  float64 // of all copies, since each partition began
	hasLogBytes bool
}

// measurement is the beginning of one.
type measurement struct {
	idle   map[string]cpuSample
	before stock
}

// startMeasuring sees what the pods use while nothing is sent.
func (r *run) startMeasuring(ctx context.Context) (*measurement, error) {
	var m measurement
	var err error
	if m.idle, err = r.cpu(ctx); err != nil {
		return nil, err
	}
	select {
	case <-time.After(r.idle):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if m.before, err = r.takeStock(ctx, m.idle, 0); err != nil {
		return nil, err
	}
	return &m, nil
}

// takeStock waits until all CPU samples are newer than those before, and Prometheus knows of as many records.
func (r *run) takeStock(ctx context.Context, before map[string]cpuSample, records float64) (s stock, err error) {
	err = r.eventually(ctx, func() error {
		if s.cpu, err = r.cpu(ctx); err != nil {
			return err
		}
		if !newer(s.cpu, before) {
			return errors.New("the kubelets have not looked at the containers again")
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	// Only now, some ten seconds later: the size that Elasticsearch tells is as old, and merges that go on count twice.
	if s.indexBytes, s.documents, err = r.elastic.stored(ctx); err != nil || !r.deployed.prometheus {
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
	// A reading that may be older than the end of the run, for one that is newer.
	stale, err := r.cpu(ctx)
	if err != nil {
		return nil, err
	}
	after, err := r.takeStock(ctx, stale, m.before.logRecords+float64(r.Count*r.deployed.logCopies))
	if err != nil {
		return nil, err
	}
	used, err := usedBy(m.idle, m.before.cpu, after.cpu)
	if err != nil {
		return nil, err
	}
	planned := coefficients.PerEvent(r.deployed.engine, eventBytes, r.deployed.indexCopies, r.deployed.logCopies)
	cpu := func(component, coefficient string, planned float64) Prediction {
		const micro = 1e6
		p := Prediction{component + ", CPU", "µs", micro * planned, micro * used[component] / float64(r.Count), coefficient, 0}
		p.Value = coefficients.Value(coefficient) / p.ratio()
		return p
	}
	bytes := func(what, coefficient string, planned, measured float64) Prediction {
		p := Prediction{what, "bytes", planned, measured, coefficient, 0}
		p.Value = coefficients.Value(coefficient) * p.ratio()
		return p
	}
	predictions := []Prediction{
		cpu(r.deployed.engine, size.EngineRate(r.deployed.engine), planned.EngineCPU),
		cpu("elasticsearch", size.ElasticsearchRate, planned.ElasticsearchCPU),
		cpu("kafka", size.KafkaRate, planned.KafkaCPU),
		bytes("a copy in the index", "elasticsearch.stored_share", planned.IndexBytes,
			(after.indexBytes-m.before.indexBytes)/(after.documents-m.before.documents)),
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
		return failed(name, "other work on this machine, a run that is too short, or a coefficient that is not this cluster's: `sluice size --explain` lists them, --set and internal/size/coefficients.yaml change them",
			"%s", strings.Join(off, "; "))
	}
	return ok(name, "%d predictions hold within %.0f%%", len(predictions), 100*r.Tolerance)
}
