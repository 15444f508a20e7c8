// Command indexer carries records from Kafka to Elasticsearch. indexer --help lists its commands.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"sluice/internal/cli"
)

// version is set by the linker.
var version = "dev"

func main() {
	os.Exit(run(os.Args[1:], os.LookupEnv, os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program; it returns the exit code.
func run(args []string, env cli.Lookup, stdin io.Reader, stdout, stderr io.Writer) int {
	return cli.Report(stderr, "indexer", dispatch(args, env, stdin, stdout, stderr))
}

func dispatch(args []string, env cli.Lookup, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return cli.Misusef("a command is missing: indexer --help lists them")
	}
	switch args[0] {
	case "run":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(ctx, stop) // a second signal ends the process at once
		return runCommand(ctx, args[1:], env, stdout, stderr)
	case "explain":
		return explain(args[1:], env, stdin, stdout)
	case "help", "-h", "-help", "--help":
		fmt.Fprintf(stdout, usage, version)
		return flag.ErrHelp
	default:
		return cli.Misusef("unknown command %q: indexer --help lists them", args[0])
	}
}

const usage = `indexer %s

Usage: indexer COMMAND [flags]

  run      carry records from Kafka to Elasticsearch until SIGTERM
  explain  tell what becomes of the records on standard input, one a line

indexer COMMAND --help lists the flags of a command.
`
