package cli

import (
	"flag"
	"strings"
)

// list is a flag.Value over a comma-separated list.
type list struct{ items *[]string }

// ListVar defines a flag whose value is a comma-separated list; blanks around an item do not count.
func ListVar(fs *flag.FlagSet, p *[]string, name string, value []string, usage string) {
	*p = value
	fs.Var(list{p}, name, usage)
}

func (l list) String() string {
	if l.items == nil { // the flag package asks a zero value
		return ""
	}
	return strings.Join(*l.items, ",")
}

func (l list) Set(s string) error {
	*l.items = nil
	if strings.TrimSpace(s) == "" {
		return nil
	}
	for item := range strings.SplitSeq(s, ",") {
		*l.items = append(*l.items, strings.TrimSpace(item))
	}
	return nil
}
