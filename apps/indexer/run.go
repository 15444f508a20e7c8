package main

import (
	"context"
	"errors"
	"io"

	"sluice/internal/cli"
)

// runCommand carries records until ctx ends.
func runCommand(_ context.Context, _ []string, _ cli.Lookup, _, _ io.Writer) error {
	return errors.New("not made yet")
}
