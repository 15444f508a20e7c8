package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"sluice/bench/internal/results"
	"sluice/internal/verify"
)

const noLogstash = "no image of Logstash can be assembled, and none is pulled here"

// configFile is the indexer's, in its ConfigMap.
const configFile = "indexer.yaml"

// engine is the release's: it reads topics and settings of this program's while that has it to itself, and its own ones afterwards.
type engine struct {
	b        *bench
	original map[string]string // its ConfigMap's data
	restart  func()
}

// withEngine has the engine stopped, and all else that would take part of the machine, while the part is measured.
func withEngine(name string, measured func(context.Context, *engine, *results.Results) error) part {
	return func(ctx context.Context, b *bench, all *results.Results) error {
		left := name + ".logstash"
		if b.values.engine != "indexer" {
			all.LeftOut[left] = "not measured here: start the release with the indexer (logstash.enabled=false, indexer.enabled=true)"
			return nil
		}
		all.LeftOut[left] = noLogstash
		e := &engine{b: b}
		config, err := b.client.CoreV1().ConfigMaps(b.release.Namespace).Get(ctx, e.name(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		e.original = config.Data
		if e.restart, err = b.alone(ctx, b.values.engine); err != nil {
			return err
		}
		defer e.giveBack(ctx)
		return measured(ctx, e, all)
	}
}

func (e *engine) name() string { return e.b.release.Name + "-" + e.b.values.engine }

// giveBack starts it as it was.
func (e *engine) giveBack(ctx context.Context) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := e.write(after, e.original); err != nil {
		e.b.out.Printf("the engine's configuration could not be set back: %v; make up does it", err)
	}
	e.restart()
}

// prepare makes a new topic, which its next pod reads in the place of the release's, with settings by their paths.
func (e *engine) prepare(ctx context.Context, partitions int, settings map[string]any) (topic string, err error) {
	topic = newTopic()
	data := maps.Clone(e.original)
	if data[configFile], err = configured(data[configFile], e.b.values.topic, topic, settings); err != nil {
		return "", fmt.Errorf("%s of the ConfigMap %s: %w", configFile, e.name(), err)
	}
	if err := e.write(ctx, data); err != nil {
		return "", err
	}
	return topic, e.b.createTopic(ctx, topic, partitions)
}

// configured is the indexer's configuration with another topic in the place of its own, and with settings by their paths.
func configured(text, own, topic string, settings map[string]any) (string, error) {
	var config map[string]any
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		return "", err
	}
	kafka, _ := config["kafka"].(map[string]any)
	topics, _ := kafka["topics"].(map[string]any)
	if topics[own] == nil {
		return "", fmt.Errorf("kafka.topics has no %s", own)
	}
	topics[topic] = topics[own]
	delete(topics, own)
	for path, value := range settings {
		keys := strings.Split(path, ".")
		at, last := config, len(keys)-1
		for _, key := range keys[:last] {
			at, _ = at[key].(map[string]any)
		}
		if _, ok := at[keys[last]]; !ok {
			return "", fmt.Errorf("it has no %s", path)
		}
		at[keys[last]] = value
	}
	changed, err := yaml.Marshal(config)
	return string(changed), err
}

func (e *engine) write(ctx context.Context, data map[string]string) error {
	configs := e.b.client.CoreV1().ConfigMaps(e.b.release.Namespace)
	config, err := configs.Get(ctx, e.name(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	config.Data = data
	_, err = configs.Update(ctx, config, metav1.UpdateOptions{})
	return err
}

func (e *engine) start(ctx context.Context) error {
	_, err := e.b.scale(ctx, e.b.values.engine, 1)
	return err
}

// stop also works when bench is interrupted: the engine must not go on with a topic of this program's.
func (e *engine) stop(ctx context.Context) error {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Minute)
	defer cancel()
	if _, err := e.b.scale(after, e.b.values.engine, 0); err != nil {
		return err
	}
	return e.b.gone(after, []string{e.b.values.engine})
}

// searchable is the number of a run's documents that can be found.
func (b *bench) searchable(ctx context.Context, runID string) (int64, error) {
	var answer struct{ Count int64 }
	query := fmt.Sprintf(`{"query":{"term":{"labels.run_id":%q}}}`, runID)
	err := verify.Fetch(ctx, b.elastic, http.MethodPost, b.url+"/"+b.values.index+"/_count?ignore_unavailable=true", strings.NewReader(query), &answer)
	return answer.Count, err
}
