package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Lookup finds an environment variable, as os.LookupEnv does.
type Lookup func(key string) (value string, found bool)

// EnvName is the environment variable of a flag: run-id → SLUICE_RUN_ID.
func EnvName(flagName string) string {
	return "SLUICE_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// Parse sets the flags of fs from the environment, then from args, which win.
// A variable that is set but empty counts as an empty value.
//
// With --help it writes the list of flags to help and returns flag.ErrHelp.
// Every other error ends with ExitMisuse.
func Parse(fs *flag.FlagSet, args []string, env Lookup, help io.Writer) error {
	fs.SetOutput(io.Discard) // the error is reported once, by Report
	fs.Usage = func() {}

	var errs []error
	fs.VisitAll(func(f *flag.Flag) {
		if value, found := env(EnvName(f.Name)); found {
			if err := f.Value.Set(value); err != nil {
				errs = append(errs, Misusef("invalid value %q of %s: %w: set it to %s", value, EnvName(f.Name), err, f.Usage))
			}
		}
	})
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		usage(fs, help)
		return flag.ErrHelp
	} else if err != nil {
		return Misusef("%w: %s --help lists the flags", err, fs.Name())
	}
	if len(errs) > 0 {
		return errs[0]
	}
	if fs.NArg() > 0 {
		return Misusef("unexpected argument %q: settings are flags, %s --help lists them", fs.Arg(0), fs.Name())
	}
	return nil
}

func usage(fs *flag.FlagSet, w io.Writer) {
	fmt.Fprintf(w, "Usage: %s [flags]\n\n", fs.Name())
	fs.VisitAll(func(f *flag.Flag) {
		fmt.Fprintf(w, "  --%-20s %s", f.Name, f.Usage)
		if f.DefValue != "" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintf(w, " [$%s]\n", EnvName(f.Name))
	})
}
