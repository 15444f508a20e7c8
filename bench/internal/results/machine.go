package results

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"sluice/internal/run"
)

// ThisMachine describes where bench runs, and what of the repository it measures.
func ThisMachine(ctx context.Context, repository string) (Machine, error) {
	kernel, err := run.Command("uname", "-r").Run(ctx)
	if err != nil {
		return Machine{}, err
	}
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return Machine{}, err
	}
	var kib int64
	if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kib); err != nil {
		return Machine{}, fmt.Errorf("/proc/meminfo: %w", err)
	}
	commit, err := run.Cmd{Dir: repository, Args: []string{"git", "describe", "--always", "--dirty"}}.Run(ctx)
	if err != nil {
		commit = "unknown" // an archive of the sources
	}
	return Machine{
		Cores: runtime.NumCPU(), MemoryBytes: kib << 10, Kernel: kernel,
		Date: time.Now().UTC().Format(time.DateOnly), Commit: strings.TrimSpace(commit),
	}, nil
}
