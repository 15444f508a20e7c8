package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type settings struct {
	runID string
	rate  float64
	wait  time.Duration
	names []string
}

func parse(env map[string]string, help io.Writer, args ...string) (settings, error) {
	var s settings
	fs := flag.NewFlagSet("cmd", flag.ContinueOnError)
	fs.StringVar(&s.runID, "run-id", "", "name of the run")
	fs.Float64Var(&s.rate, "rate", 100, "events per second")
	fs.DurationVar(&s.wait, "wait", time.Second, "a time")
	ListVar(fs, &s.names, "names", []string{"a"}, "some names")
	err := Parse(fs, args, func(key string) (string, bool) { v, ok := env[key]; return v, ok }, help)
	return s, err
}

func TestFlagsWinOverEnvironment(t *testing.T) {
	s, err := parse(nil, io.Discard)
	require.NoError(t, err)
	require.Equal(t, settings{"", 100, time.Second, []string{"a"}}, s)

	env := map[string]string{"SLUICE_RUN_ID": "env", "SLUICE_RATE": "5", "SLUICE_NAMES": "x, y"}
	s, err = parse(env, io.Discard)
	require.NoError(t, err)
	require.Equal(t, settings{"env", 5, time.Second, []string{"x", "y"}}, s)

	s, err = parse(env, io.Discard, "--rate", "7", "--names=", "-wait=2s")
	require.NoError(t, err)
	require.Equal(t, settings{"env", 7, 2 * time.Second, nil}, s)
}

func TestBadInputSaysWhatToSet(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		args []string
		want string
	}{
		{nil, []string{"stray"}, `unexpected argument "stray": settings are flags, cmd --help lists them`},
		{nil, []string{"--rate=1", "--", "x"}, `unexpected argument "x"`},
		{nil, []string{"--nope"}, "flag provided but not defined: -nope: cmd --help lists the flags"},
		{nil, []string{"--rate=fast"}, `invalid value "fast" for flag -rate`},
		{nil, []string{"--rate"}, "flag needs an argument: -rate"},
		{map[string]string{"SLUICE_RATE": "fast"}, nil, `invalid value "fast" of SLUICE_RATE: parse error: set it to events per second`},
		{map[string]string{"SLUICE_WAIT": ""}, nil, `invalid value "" of SLUICE_WAIT`},
	} {
		_, err := parse(c.env, io.Discard, c.args...)
		require.ErrorContains(t, err, c.want)
		require.Equal(t, ExitMisuse, ExitCode(err))
	}
}

func TestHelpListsFlagsAndVariables(t *testing.T) {
	var help strings.Builder
	_, err := parse(map[string]string{"SLUICE_RUN_ID": "secret", "SLUICE_RATE": "broken"}, &help, "--help")
	require.ErrorIs(t, err, flag.ErrHelp)
	require.Equal(t, ExitOK, ExitCode(err))
	require.Contains(t, help.String(), "--rate                 events per second (default 100) [$SLUICE_RATE]\n")
	require.NotContains(t, help.String(), "secret")
}

func TestReportIsOneLine(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		line string
	}{
		{nil, ExitOK, ""},
		{flag.ErrHelp, ExitOK, ""},
		{errors.New("two\n\tlines"), ExitFailed, "cmd: two lines\n"},
		{fmt.Errorf("wrapped: %w", Misusef("set %s", "x")), ExitMisuse, "cmd: wrapped: set x\n"},
	} {
		var out strings.Builder
		require.Equal(t, c.code, Report(&out, "cmd", c.err))
		require.Equal(t, c.line, out.String())
	}
}
