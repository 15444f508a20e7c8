// Package engine makes sure that a Docker engine answers. As root on a Debian machine without one it
// installs Debian's and starts it; everywhere else it says what to install.
package engine

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"sluice/internal/run"
	"sluice/internal/state"
	"sluice/internal/usage"
)

//go:embed runc-bounded.sh
var boundedRuntime []byte

const (
	startTimeout  = 60 * time.Second
	capSysRes     = 24 // bit of CAP_SYS_RESOURCE in a capability set
	dockerPidFile = "/var/run/docker.pid"
)

// leaks match packets to kind's service and pod networks that would leave the machine by its default route,
// as they do until kube-proxy and the pod network have their rules: an engine that is ours refuses them.
// Between nodes, that is out by one of Docker's own bridges, pods do talk to pods.
var leaks = [][]string{
	{"-d", "10.96.0.0/16"},
	{"-d", "10.244.0.0/16", "!", "-o", "br-+"},
}

// Answers tells whether a Docker engine answers.
func Answers(ctx context.Context) bool {
	_, err := run.Command("docker", "version", "--format", "{{.Server.Version}}").Run(ctx)
	return err == nil
}

// Ensure returns once a Docker engine answers, and a sentence about where it came from.
func Ensure(ctx context.Context, detail func(string, ...any)) (string, error) {
	if Answers(ctx) {
		return "already running", nil
	}
	if os.Geteuid() != 0 {
		return "", usage.Errorf("no Docker engine answers: start one (https://docs.docker.com/engine/install), or run as root on Debian")
	}
	detail("installing what is missing of Debian's docker.io, iptables, jq")
	// In this order: until Debian 12 docker.io brings the client with it.
	for _, need := range [][2]string{{"dockerd", "docker.io"}, {"docker", "docker-cli"}, {"iptables", "iptables"}, {"jq", "jq"}} {
		if err := Need(ctx, need[0], need[1]); err != nil {
			return "", err
		}
	}
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		_, err := run.Command("systemctl", "start", "docker").Run(ctx)
		return "started by systemd", err
	}
	detail("starting")
	if err := start(ctx); err != nil {
		return "", err
	}
	return "started", nil
}

var installing sync.Mutex // apt-get refuses to run twice

// Need makes sure that a program is on PATH: as root on Debian it installs the package that brings it,
// elsewhere it says what is missing.
func Need(ctx context.Context, program, debianPackage string) error {
	installing.Lock()
	defer installing.Unlock()
	if _, err := exec.LookPath(program); err == nil {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return usage.Errorf("%s is not on PATH: install it (Debian: apt-get install %s)", program, debianPackage)
	}
	quiet := []string{"DEBIAN_FRONTEND=noninteractive"}
	if _, err := (run.Cmd{Args: []string{"apt-get", "update", "-qq"}, Env: quiet}).Run(ctx); err != nil {
		return err
	}
	args := []string{"apt-get", "install", "-y", "-qq", "--no-install-recommends", debianPackage}
	if _, err := (run.Cmd{Args: args, Env: quiet}).Run(ctx); err != nil {
		return err
	}
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("the Debian package %s brings no %s: %w", debianPackage, program, err)
	}
	return nil
}

// start runs dockerd detached, since there is no service manager, and remembers its pid.
func start(ctx context.Context) error {
	dir, err := state.Dir("engine")
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "dockerd.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	flags, err := runtimeFlags(dir)
	if err != nil {
		return err
	}
	os.Remove(dockerPidFile) // no engine answers: left by one that was killed
	dockerd := exec.Command("dockerd", flags...)
	dockerd.Stdout, dockerd.Stderr = log, log
	dockerd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := dockerd.Start(); err != nil {
		return err
	}
	if err := os.WriteFile(pidFile(dir), []byte(strconv.Itoa(dockerd.Process.Pid)), 0o644); err != nil {
		return err
	}
	exited := make(chan error, 1)
	go func() { exited <- dockerd.Wait() }()
	deadline := time.After(startTimeout)
	for !Answers(ctx) {
		select {
		case err := <-exited:
			return fmt.Errorf("dockerd ended (%w): see %s", err, log.Name())
		case <-deadline:
			return fmt.Errorf("dockerd does not answer after %s: see %s", startTimeout, log.Name())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
	return keepClusterTrafficInside(ctx)
}

// runtimeFlags makes dockerd use the bounded runtime where root itself lacks CAP_SYS_RESOURCE.
func runtimeFlags(dir string) ([]string, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	bounded, err := lacksCapability(string(status), capSysRes)
	if err != nil || !bounded {
		return nil, err
	}
	path := filepath.Join(dir, "runc-bounded")
	if err := os.WriteFile(path, boundedRuntime, 0o755); err != nil {
		return nil, err
	}
	return []string{"--add-runtime", "bounded=" + path, "--default-runtime", "bounded"}, nil
}

// lacksCapability reads the bounding set out of the text of /proc/self/status.
func lacksCapability(status string, bit uint) (bool, error) {
	_, rest, found := strings.Cut(status, "CapBnd:")
	if !found {
		return false, fmt.Errorf("no CapBnd line in /proc/self/status")
	}
	set, err := strconv.ParseUint(strings.Fields(rest)[0], 16, 64)
	return set>>bit&1 == 0, err
}

func keepClusterTrafficInside(ctx context.Context) error {
	for _, leak := range leaks {
		if iptables(ctx, "-C", leak) == nil {
			continue
		}
		if err := iptables(ctx, "-I", leak); err != nil {
			return err
		}
	}
	return nil
}

// iptables checks (-C), inserts (-I) or deletes (-D) the rule that refuses a leak.
func iptables(ctx context.Context, action string, leak []string) error {
	rule := slices.Concat([]string{"iptables", action, "DOCKER-USER"}, leak, []string{"-j", "REJECT"})
	_, err := run.Command(rule...).Run(ctx)
	return err
}

func pidFile(dir string) string { return filepath.Join(dir, "dockerd.pid") }

// StopOurs stops the engine if this program started it and no container runs on it any more.
// It returns whether it did.
func StopOurs(ctx context.Context) (bool, error) {
	dir, err := state.Dir("engine")
	if err != nil {
		return false, err
	}
	pid, ours := runningPid(dir)
	if !ours {
		return false, nil
	}
	containers, err := run.Command("docker", "ps", "-q").Run(ctx)
	if err != nil || containers != "" {
		return false, err
	}
	for _, leak := range leaks {
		_ = iptables(ctx, "-D", leak) // already gone is as good as removed
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return false, err
	}
	for range 100 {
		if syscall.Kill(pid, 0) != nil {
			return true, os.Remove(pidFile(dir))
		}
		time.Sleep(200 * time.Millisecond)
	}
	return false, fmt.Errorf("dockerd (pid %d) did not stop within 20 s", pid)
}

// runningPid is the pid that start wrote, if that process still is a dockerd.
func runningPid(dir string) (int, bool) {
	text, err := os.ReadFile(pidFile(dir))
	if err != nil {
		return 0, false
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		return 0, false
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return pid, err == nil && strings.TrimSpace(string(name)) == "dockerd"
}
