package measure

import (
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"time"
)

// Child is what a program took, as the kernel counts it.
type Child struct {
	Seconds    float64 `json:"seconds"`     // from its start to its end
	CPUSeconds float64 `json:"cpu_seconds"` // of user and system
	MaxMemory  int64   `json:"max_memory"`  // resident at most, in bytes
}

// Run runs the program to its end.
func Run(command *exec.Cmd) (Child, error) {
	began := time.Now()
	err := command.Run()
	return Ended(command, time.Since(began), err)
}

// Ended tells what a program took that has been waited for, and how that went.
func Ended(command *exec.Cmd, took time.Duration, err error) (Child, error) {
	if command.ProcessState == nil {
		return Child{}, err
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return Child{}, errors.Join(err, fmt.Errorf("%s: this system does not tell what it took", command.Path))
	}
	return Child{
		Seconds:    took.Seconds(),
		CPUSeconds: (command.ProcessState.UserTime() + command.ProcessState.SystemTime()).Seconds(),
		MaxMemory:  usage.Maxrss * 1024, // Linux counts in KiB
	}, err
}
