package main

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// alone gets what measurements with topics of their own need: the producers' image, no topics of a run before, and rest. What it
// returns takes the topics away and starts again what was stopped.
func (b *bench) alone(ctx context.Context, components ...string) (restore func(), err error) {
	if err := b.producers(ctx); err != nil {
		return nil, err
	}
	b.removeTopics(ctx)
	start, err := b.quiet(ctx, append(components, "log-generator", "spark-streaming-job")...)
	if err != nil {
		return nil, err
	}
	return func() {
		start()
		b.removeTopics(ctx)
	}, nil
}

// quiet stops what would take part of the machine while something else is measured, and returns what starts it again.
func (b *bench) quiet(ctx context.Context, components ...string) (restore func(), err error) {
	var undo []func()
	restore = func() {
		for _, f := range undo {
			f()
		}
	}
	for _, name := range components {
		was, err := b.scale(ctx, name, 0)
		if apierrors.IsNotFound(err) {
			continue // not part of this release
		}
		if err != nil {
			restore()
			return nil, err
		}
		undo = append(undo, func() {
			after, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			if _, err := b.scale(after, name, was); err != nil {
				b.out.Printf("%s could not be started again: %v; make up does it", name, err)
			}
		})
	}
	return restore, b.gone(ctx, components)
}

// scale sets how many pods the component has, and returns how many it had.
func (b *bench) scale(ctx context.Context, component string, replicas int32) (was int32, err error) {
	return b.client.Scale(ctx, b.release.Namespace, b.release.Name+"-"+component, replicas)
}

// gone waits until the components have no pods.
func (b *bench) gone(ctx context.Context, components []string) error {
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Second) {
		pods, err := b.client.CoreV1().Pods(b.release.Namespace).List(ctx, b.release.Selector(components...))
		if err != nil {
			return err
		}
		left := len(pods.Items)
		if left == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d pods of %v do not end", left, components)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
