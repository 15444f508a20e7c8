// Copies the JMX exporter's agent into a folder that is shared with a JVM: `/install /agent`.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const agent = "/jmx_prometheus_javaagent.jar"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: install FOLDER, where the JVM finds the agent")
		os.Exit(2)
	}
	if err := install(agent, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "install:", err)
		os.Exit(1)
	}
}

// install copies file into dir, so that a reader sees all of it or nothing.
func install(file, dir string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(dir, ".install-")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := out.Chmod(0o644); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), filepath.Join(dir, filepath.Base(file)))
}
