// Command sluice brings the pipeline up on a kind cluster, shows it, proves that it loses nothing, and
// takes it down again. Exit codes: 0 done, 1 failed, 2 something the user can mend.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"sluice/internal/usage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := rootCommand().ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "sluice:", err)
	}
	os.Exit(usage.ExitCode(err))
}
