// Package state knows the folders in which Sluice remembers what it created, so that `down` deletes
// exactly that, and the repository it works from.
package state

import (
	"os"
	"path/filepath"
	"strings"

	"sluice/internal/usage"
)

// Dir returns (and creates) a folder below $SLUICE_HOME, which is ~/.sluice unless set.
func Dir(elem ...string) (string, error) {
	home := os.Getenv("SLUICE_HOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return "", usage.Errorf("no home directory: set SLUICE_HOME to a folder that Sluice may write: %w", err)
		}
		home = filepath.Join(user, ".sluice")
	}
	dir := filepath.Join(append([]string{home}, elem...)...)
	return dir, os.MkdirAll(dir, 0o755)
}

// Repository is the root of the Sluice checkout that holds the working directory.
func Repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		mod, err := os.ReadFile(filepath.Join(d, "go.mod"))
		if err == nil && strings.HasPrefix(string(mod), "module sluice\n") {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", usage.Errorf("%s is not inside a Sluice checkout: change to one (the folder with Sluice's go.mod)", dir)
		}
	}
}
