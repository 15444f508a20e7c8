// Package progress shows long steps: a spinner with the elapsed time on a terminal, plain lines otherwise.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// plainInterval is how often a step that is still running says so when the output is not a terminal.
const plainInterval = 15 * time.Second

// Printer writes steps to one writer. Steps may nest in time but not in output: one at a time.
type Printer struct {
	w     io.Writer
	tty   bool
	start time.Time
}

// New returns a Printer on w. It animates only when w is a terminal.
func New(w io.Writer) *Printer {
	f, ok := w.(*os.File)
	return &Printer{w: w, tty: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
}

// Elapsed is the time since New.
func (p *Printer) Elapsed() time.Duration { return time.Since(p.start) }

// Printf writes one line between steps.
func (p *Printer) Printf(format string, args ...any) { fmt.Fprintf(p.w, format+"\n", args...) }

// Step is the running step's handle for its detail text.
type Step struct {
	mu     sync.Mutex
	detail string
}

// Detail replaces the text behind the step's title, such as "3 of 7 ready".
func (s *Step) Detail(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detail = fmt.Sprintf(format, args...)
}

func (s *Step) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.detail == "" {
		return ""
	}
	return ": " + s.detail
}

// Do runs f as a step, shows it while it runs, and ends its line with the time it took.
func (p *Printer) Do(title string, f func(*Step) error) error {
	step, began := &Step{}, time.Now()
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		p.animate(title, step, began, done)
	}()
	err := f(step)
	close(done)
	<-stopped
	mark := "✓"
	if err != nil {
		mark = "✗"
	}
	if p.tty {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintf(p.w, "%s %s%s (%s)\n", mark, title, step.text(), seconds(time.Since(began)))
	return err
}

func (p *Printer) animate(title string, step *Step, began time.Time, done <-chan struct{}) {
	interval := plainInterval
	if p.tty {
		interval = 120 * time.Millisecond
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	for i := 0; ; i++ {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		if p.tty {
			line := fmt.Sprintf("%c %s%s (%s)", frames[i%len(frames)], title, step.text(), seconds(time.Since(began)))
			fmt.Fprintf(p.w, "\r\x1b[K%s", p.fit(line))
		} else {
			fmt.Fprintf(p.w, "… %s%s (%s)\n", title, step.text(), seconds(time.Since(began)))
		}
	}
}

// fit cuts a line to the terminal's width: one that wraps could not be written over.
func (p *Printer) fit(line string) string {
	file, ok := p.w.(*os.File)
	if !ok {
		return line
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if runes := []rune(line); err == nil && width > 1 && len(runes) >= width {
		return string(runes[:width-2]) + "…"
	}
	return line
}

func seconds(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}
