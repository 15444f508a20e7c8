// Command install copies what its image holds below /files into a folder that is shared with another container,
// such as an agent or a connector for a JVM: `/install /agent`.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const files = "/files"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: install FOLDER, where the other container finds the files")
		os.Exit(2)
	}
	if err := installAll(files, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "install:", err)
		os.Exit(1)
	}
}

// installAll copies every file of one folder into another.
func installAll(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("%s is empty", from)
	}
	for _, entry := range entries {
		if err := install(filepath.Join(from, entry.Name()), to); err != nil {
			return err
		}
	}
	return nil
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
