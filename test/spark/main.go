// Command spark runs the tests of the streaming job, which are in Python, on the Spark that images/spark pins.
// Spark is installed once, into a virtual environment below the state folder.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"sluice/internal/engine"
	"sluice/internal/run"
	"sluice/internal/state"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := test(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "spark:", err)
		os.Exit(1)
	}
}

// test runs unittest with the given arguments.
func test(ctx context.Context, args []string) error {
	repository, err := state.Repository()
	if err != nil {
		return err
	}
	packages, err := install(ctx, filepath.Join(repository, "images", "spark", "requirements.txt"))
	if err != nil {
		return err
	}
	// Spark brings the one package that it needs in an archive.
	py4j, err := filepath.Glob(filepath.Join(packages, "pyspark", "python", "lib", "py4j-*-src.zip"))
	if err != nil || len(py4j) != 1 {
		return fmt.Errorf("%d archives of py4j below %s (%w): delete that folder", len(py4j), packages, err)
	}
	inputs, err := os.MkdirTemp("", "sluice-spark-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(inputs)
	if err := writeInputs(inputs); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, "python3", append([]string{"-W", "ignore", "-m", "unittest"}, args...)...)
	command.Dir = filepath.Join(repository, "test", "spark")
	command.Env = append(os.Environ(), "PYTHONPATH="+packages+":"+py4j[0], "SPARK_HOME="+filepath.Join(packages, "pyspark"),
		"PYSPARK_PYTHON=python3", "PYTHONDONTWRITEBYTECODE=1", "SPARK_LOCAL_IP=127.0.0.1", "INPUTS="+inputs)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	return command.Run()
}

// install returns a folder with the pinned Spark. A half-made one is never used.
func install(ctx context.Context, requirements string) (string, error) {
	for program, debianPackage := range map[string]string{"java": "openjdk-17-jre-headless", "python3": "python3", "pip3": "python3-pip"} {
		if err := engine.Need(ctx, program, debianPackage); err != nil {
			return "", err
		}
	}
	pins, err := os.ReadFile(requirements)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(pins)
	parent, err := state.Dir("spark")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(parent, hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	fmt.Println("Installing Spark into", dir)
	unfinished := dir + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	if _, err := run.Command("pip3", "install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore",
		"--no-deps", "--require-hashes", "--target", unfinished, "--requirement", requirements).Run(ctx); err != nil {
		return "", err
	}
	return dir, os.Rename(unfinished, dir)
}
