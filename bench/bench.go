package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"sluice/internal/cluster"
	"sluice/internal/images"
	"sluice/internal/kube"
	"sluice/internal/progress"
	"sluice/internal/release"
	"sluice/internal/usage"
	"sluice/internal/verify"
)

// defaultLength is long beside the start of a JVM, and seven producers with three sizes come to a quarter of an hour.
const defaultLength = 10 * time.Second

// httpTimeout is for the slowest request: all segments of an index merged into one.
const httpTimeout = 5 * time.Minute

// bench is what all parts share.
type bench struct {
	out        *progress.Printer
	repository string
	kubeconfig string
	image      string   // of the producers
	peerCharts []string // directories
	profile    string   // that the release was installed with
	runs       int
	length     time.Duration

	consumersImage string

	own     *cluster.Cluster // of make up, or nil
	release release.Release
	client  *kube.Client
	access  *verify.Access
	values  values
	elastic *http.Client
	url     string // of Elasticsearch
}

// values are those of the release that bench needs.
type values struct {
	topic, index, engine string
	refresh              string // interval of the indices
	secured              bool   // with users, of which bench's producers know none
}

// repeat measures the same as often as --runs says. once can tell what it is doing.
func repeat[T any](b *bench, name string, once func(tell func(string)) (T, error)) (all []T, err error) {
	err = b.out.Do(name, func(s *progress.Step) error {
		for i := range b.runs {
			s.Detail("run %d of %d", i+1, b.runs)
			one, err := once(func(what string) { s.Detail("run %d of %d: %s", i+1, b.runs, what) })
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return nil
	})
	return all, err
}

// connect finds the release.
func (b *bench) connect(ctx context.Context) error {
	own, err := cluster.New("dev")
	if err != nil {
		return err
	}
	if b.kubeconfig == "" {
		b.kubeconfig, b.own = own.Kubeconfig, own
	}
	b.release.Kubeconfig = b.kubeconfig
	if b.client, err = kube.New(b.kubeconfig); err != nil {
		return err
	}
	if err := b.readValues(); err != nil {
		return err
	}
	if b.access, err = verify.NewAccess(ctx, b.client, b.release); err != nil {
		return err
	}
	b.elastic, b.url = b.access.Elasticsearch(httpTimeout)
	return nil
}

// producers gets their image, and brings it into the cluster of `make up`.
func (b *bench) producers(ctx context.Context) error {
	if b.values.secured {
		return usage.Errorf("bench's producers know no users: measure a release without global.security (only --only prometheus can)")
	}
	if b.image != "" {
		return nil
	}
	if b.own == nil {
		return usage.Errorf("a cluster of your own needs --image: push sluice/bench to its registry (make bench builds it)")
	}
	return b.out.Do("Image of the producers", func(*progress.Step) error {
		builder, err := images.NewBuilder(ctx, b.repository)
		if err != nil {
			return err
		}
		image, err := builder.OnDemand(ctx, "bench")
		if err != nil {
			return err
		}
		b.image = image
		return b.own.LoadExtra(ctx, image)
	})
}

func (b *bench) readValues() error {
	all, err := b.release.Values()
	if err != nil {
		return err
	}
	for path, into := range map[string]*string{
		"global.topic": &b.values.topic, "global.index": &b.values.index, "elasticsearch.setup.config.refreshInterval": &b.values.refresh,
	} {
		value, err := all.PathValue(path)
		if err != nil {
			return err
		}
		*into = fmt.Sprint(value)
	}
	b.values.secured = release.On(all, "global.security.enabled")
	b.values.engine = "logstash"
	if release.On(all, "indexer.enabled") {
		b.values.engine = "indexer"
	}
	return nil
}
