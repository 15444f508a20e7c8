package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Bytes is a number of bytes: 1048576, 1024KiB or 1MiB.
type Bytes int

// UnmarshalYAML reads the number with its unit, if it has one.
func (b *Bytes) UnmarshalYAML(node *yaml.Node) error {
	text, shift := node.Value, 0
	for unit, bits := range map[string]int{"KiB": 10, "MiB": 20} {
		if number, found := strings.CutSuffix(node.Value, unit); found {
			text, shift = number, bits
		}
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 || n > (1<<31-1)>>shift {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is no number of bytes: set it to a number such as 1048576 or 1MiB", node.Line, node.Value)}}
	}
	*b = Bytes(n << shift)
	return nil
}

// Duration is a time such as 30s or 10m.
type Duration time.Duration

// UnmarshalYAML reads what time.ParseDuration takes.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	v, err := time.ParseDuration(node.Value)
	if err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %q is no time: set it to one such as 30s or 10m", node.Line, node.Value)}}
	}
	*d = Duration(v)
	return nil
}
