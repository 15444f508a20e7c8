// Package usage marks errors that the user can mend: bad flags, a missing program, a name already taken.
// Commands end with exit code 2 on them, and with 1 on everything else.
package usage

import (
	"errors"
	"fmt"
)

type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Errorf is fmt.Errorf for an error that says what the user should set or do.
func Errorf(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// ExitCode is 0 without an error, 2 when the user can mend it, 1 otherwise.
func ExitCode(err error) int {
	var u usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &u):
		return 2
	default:
		return 1
	}
}
