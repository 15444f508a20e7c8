package images

import (
	"context"
	"time"

	"sluice/internal/run"
	"sluice/internal/usage"
)

// Modes of getting images.
const (
	Auto     = "auto"     // pull where a registry answers, else assemble
	Pull     = "pull"     // the cluster's nodes pull upstream's images
	Assemble = "assemble" // all are put together from packages
)

// probeImage is small and comes from the registry of Kubernetes' own images.
const (
	probeImage   = "registry.k8s.io/pause:3.10"
	probeTimeout = 15 * time.Second
)

// Plan says of every image where it comes from.
type Plan struct {
	Builder *Builder
	Mode    string // Pull or Assemble
	Why     string // a sentence for people
	Build   []Spec // made on this machine, in this order
	Pulled  []Spec // by the cluster's nodes
	LeftOut []Spec // not used, each with its reason
}

// NewPlan decides. mode is Auto, Pull or Assemble.
func NewPlan(ctx context.Context, repository, mode string) (*Plan, error) {
	if err := CheckMode(mode); err != nil {
		return nil, err
	}
	builder, err := NewBuilder(ctx, repository)
	if err != nil {
		return nil, err
	}
	return builder.plan(mode, func() bool { return RegistryAnswers(ctx) }), nil
}

// CheckMode returns a usage error unless mode is Auto, Pull or Assemble.
func CheckMode(mode string) error {
	switch mode {
	case Auto, Pull, Assemble:
		return nil
	}
	return usage.Errorf("images %q: set IMAGES or --images to %s, %s or %s", mode, Auto, Pull, Assemble)
}

// plan decides in one of the three modes; it asks for a registry only in Auto.
func (b *Builder) plan(mode string, registryAnswers func() bool) *Plan {
	plan := &Plan{Builder: b, Mode: mode, Why: "as set by IMAGES or --images: " + mode}
	if mode == Auto {
		if plan.Mode, plan.Why = Assemble, "no image registry answers, so they are assembled from packages"; registryAnswers() {
			plan.Mode, plan.Why = Pull, "a registry answers, so upstream's are pulled"
		}
	}
	for _, spec := range b.Specs {
		switch {
		case spec.Origin == OnDemand:
		case spec.Origin == PullOnly && plan.Mode == Assemble:
			plan.LeftOut = append(plan.LeftOut, spec)
		case spec.Origin == Own, plan.Mode == Assemble:
			plan.Build = append(plan.Build, spec)
		case spec.Origin == Upstream, spec.Origin == PullOnly:
			plan.Pulled = append(plan.Pulled, spec)
		}
	}
	return plan
}

// RegistryAnswers tells whether an image registry can be reached from here.
func RegistryAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	_, err := run.Command("docker", "manifest", "inspect", probeImage).Run(ctx)
	return err == nil
}

// NodeImage is the assembled kind node, or "" for kind's own.
func (p *Plan) NodeImage() string {
	for _, spec := range p.Build {
		if spec.Origin == Node {
			return spec.Image
		}
	}
	return ""
}

// Local are the images that have to be brought from this machine's engine into the cluster.
func (p *Plan) Local() []string {
	var local []string
	for _, spec := range p.Build {
		if spec.Origin == Own || spec.Origin == Upstream {
			local = append(local, spec.Image)
		}
	}
	return local
}

// Set are the values of the chart that do without the images that are left out.
func (p *Plan) Set() []string { return WithoutPulling(p.LeftOut) }

// WithoutPulling are the values of the chart that do without the images that can only be pulled.
func WithoutPulling(specs []Spec) []string {
	var set []string
	for _, spec := range specs {
		if spec.Origin == PullOnly {
			set = append(set, spec.Set...)
		}
	}
	return set
}

// Row is one line of a plan's table.
type Row struct{ Image, Origin string }

// Table lists every image with where it comes from.
func (p *Plan) Table() []Row {
	var rows []Row
	for _, spec := range p.Build {
		origin := "assembled from packages"
		if spec.Origin == Own {
			origin = "built from this repository"
		}
		rows = append(rows, Row{spec.Image, origin})
	}
	for _, spec := range p.Pulled {
		rows = append(rows, Row{spec.Image, "pulled by the cluster"})
	}
	for _, spec := range p.LeftOut {
		rows = append(rows, Row{spec.Image, "left out: " + spec.Reason})
	}
	return rows
}
