package cluster

import (
	"fmt"
	"strings"

	"sigs.k8s.io/kind/pkg/log"
)

// detailLogger shows kind's own progress as the running step's detail.
type detailLogger struct{ to func(string, ...any) }

func (l *detailLogger) Warn(string)               {} // only that our own network is experimental
func (l *detailLogger) Warnf(string, ...any)      {}
func (l *detailLogger) Error(message string)      { l.Info(message) }
func (l *detailLogger) Info(message string)       { l.Infof("%s", message) }
func (l *detailLogger) Enabled() bool             { return l.to != nil }
func (l *detailLogger) Errorf(f string, a ...any) { l.Infof(f, a...) }

func (l *detailLogger) Infof(format string, args ...any) {
	if l.to == nil {
		return
	}
	text := strings.TrimSpace(fmt.Sprintf(format, args...))
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimLeft(text, "•✓✗ "), "..."))
	if text != "" {
		l.to("%s", text)
	}
}

// V shows kind's normal messages only.
func (l *detailLogger) V(level log.Level) log.InfoLogger {
	if level > 0 {
		return log.NoopInfoLogger{}
	}
	return l
}
