package cluster

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// OpenFiles is how many files a process may open in the cluster's nodes. They take it from the machine, all the same.
func (c *Cluster) OpenFiles(ctx context.Context) (int, error) {
	all, err := c.Nodes()
	if err != nil {
		return 0, err
	}
	var out bytes.Buffer
	if err := all[0].CommandContext(ctx, "sh", "-c", "ulimit -Hn").SetStdout(&out).Run(); err != nil {
		return 0, err
	}
	text := strings.TrimSpace(out.String())
	if text == "unlimited" {
		return math.MaxInt, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("the limit of open files in %s is %q: %w", all[0], text, err)
	}
	return limit, nil
}
