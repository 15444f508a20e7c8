// Command log-generator sends synthetic log events to a Kafka topic, numbered, paced
// and without loss. --help lists its flags.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// memoryLimit of the Go runtime in bytes: with it even zstd, whose encoders are the largest,
// stays below 64 MiB of resident memory.
const memoryLimit = 40 << 20

// version is set by the linker.
var version = "dev"

func main() {
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(memoryLimit)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}
