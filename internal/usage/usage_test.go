package usage

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExitCode(t *testing.T) {
	for want, errs := range map[int][]error{
		0: {nil},
		1: {errors.New("x"), fmt.Errorf("x: %w", fs.ErrNotExist)},
		2: {Errorf("set x"), fmt.Errorf("values: %w", Errorf("set x")), errors.Join(errors.New("x"), Errorf("set x"))},
	} {
		for _, err := range errs {
			require.Equal(t, want, ExitCode(err), "%v", err)
		}
	}
}

func TestErrorfKeepsItsCause(t *testing.T) {
	err := Errorf("%s: %w", "file", fs.ErrNotExist)
	require.EqualError(t, err, "file: file does not exist")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
