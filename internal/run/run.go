// Package run starts the few external programs that have no Go library worth having (docker, mvn, apt-get).
package run

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Cmd is one external program with its arguments. The zero values of the other fields are usable.
type Cmd struct {
	Dir   string    // working directory
	Env   []string  // added to this process' environment, KEY=value
	Stdin io.Reader // none when nil
	Log   io.Writer // also receives what the program prints, as it prints it
	Args  []string  // program and arguments
}

// Command is a Cmd of the given program and arguments.
func Command(args ...string) Cmd { return Cmd{Args: args} }

// Run starts the program, waits for it and returns its trimmed standard output.
// The error names the command and carries the last lines that it printed.
func (c Cmd) Run(ctx context.Context) (string, error) {
	var stdout, all bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Dir, cmd.Stdin = c.Dir, c.Stdin
	cmd.Env = append(os.Environ(), c.Env...)
	sinks := []io.Writer{&all}
	if c.Log != nil {
		sinks = append(sinks, c.Log)
	}
	cmd.Stderr = io.MultiWriter(sinks...)
	cmd.Stdout = io.MultiWriter(append(sinks, &stdout)...)
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, LastLines(all.String(), 15))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// LastLines are the last n lines of a text.
func LastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
