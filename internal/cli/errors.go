// Package cli is what the commands share at their edge: flags with environment
// variables, one-line errors and exit codes.
package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Exit codes of the commands.
const (
	ExitOK     = 0
	ExitFailed = 1 // the command was set up well but did not reach its end
	ExitMisuse = 2 // a setting, or the world it names, can't work
)

// misuse is an error that only a changed setting can mend.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

// Misusef returns an error that says what to set and ends the command with ExitMisuse.
func Misusef(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// ExitCode tells the exit code that err stands for; nil and a wish for help are ExitOK.
func ExitCode(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return ExitOK
	case errors.As(err, new(misuse)):
		return ExitMisuse
	default:
		return ExitFailed
	}
}

// Report writes err to w as one line headed by the command's name, and returns its exit code.
func Report(w io.Writer, name string, err error) int {
	code := ExitCode(err)
	if code != ExitOK {
		fmt.Fprintf(w, "%s: %s\n", name, strings.Join(strings.Fields(err.Error()), " "))
	}
	return code
}
