package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sluice/bench/internal/measure"
)

// process is one of a consumer's.
type process struct {
	command *exec.Cmd
	printed tail
	began   time.Time
	before  float64 // CPU-seconds that are not counted
	ended   chan struct{}
	err     error // when it has ended
}

func start(command *exec.Cmd) (*process, error) {
	p := &process{command: command, ended: make(chan struct{})}
	command.Stdout, command.Stderr = &p.printed, &p.printed
	p.began = time.Now()
	if err := command.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		p.err = command.Wait()
	}()
	return p, nil
}

// idle leaves out what the process has taken so far.
func (p *process) idle() error {
	// The clock of another process; see clock_getcpuclockid(3).
	clock := int32(^p.command.Process.Pid<<3 | 2)
	var taken unix.Timespec
	if err := unix.ClockGettime(clock, &taken); err != nil {
		return fmt.Errorf("CPU of %s: %w", p.command.Path, err)
	}
	p.before = float64(taken.Nano()) / 1e9
	return nil
}

// alive is an error if the process has ended by itself.
func (p *process) alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("%s has ended: %w\n%s", p.command.Path, p.err, p.printed.text())
	default:
		return nil
	}
}

// stop ends the process, and tells what it took.
func (p *process) stop() (measure.Child, error) {
	memory, err := p.memory()
	if err != nil {
		return measure.Child{}, err
	}
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopTimeout):
		p.kill()
		return measure.Child{}, fmt.Errorf("%s does not end by SIGTERM within %s\n%s", p.command.Path, stopTimeout, p.printed.text())
	}
	child, err := measure.Ended(p.command, time.Since(p.began), nil) // how it ends is not measured
	child.MaxMemory = memory
	child.CPUSeconds -= p.before
	return child, err
}

// kill ends what stop has not ended.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}

// memory is the most that the process had. The kernel's account when it has ended begins with what this program had, of
// which the process is a copy until it becomes the other program.
func (p *process) memory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	var kib int64
	if _, err := fmt.Sscanf(string(rest), "%d kB", &kib); err != nil {
		return 0, fmt.Errorf("%s: the kernel tells no VmHWM: %w", p.command.Path, err)
	}
	return kib * 1024, nil
}
