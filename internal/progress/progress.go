// Package progress shows long steps: a spinner with the elapsed time on a terminal, plain lines otherwise.
package progress

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// plainInterval is how often a step that is still running says so when the output is not a terminal.
const plainInterval = 15 * time.Second

// frameInterval is how often a terminal's line is written anew.
const frameInterval = 120 * time.Millisecond

// Printer writes steps to one writer. Several may run at a time: a terminal's last line shows them all.
type Printer struct {
	w     io.Writer
	tty   bool
	start time.Time

	mu      sync.Mutex // of the writer, and of:
	running []*Step
}

// New returns a Printer on w. It animates only when w is a terminal.
func New(w io.Writer) *Printer {
	f, ok := w.(*os.File)
	return &Printer{w: w, tty: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
}

// Elapsed is the time since New.
func (p *Printer) Elapsed() time.Duration { return time.Since(p.start) }

// Printf writes one line between steps.
func (p *Printer) Printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, format+"\n", args...)
}

// Step is the running step's handle for its detail text.
type Step struct {
	title string
	began time.Time

	mu     sync.Mutex
	detail string
}

// Detail replaces the text behind the step's title, such as "3 of 7 ready".
func (s *Step) Detail(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detail = fmt.Sprintf(format, args...)
}

// String is the step's title with its detail and the time that it has taken so far.
func (s *Step) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.title
	if s.detail != "" {
		text += ": " + s.detail
	}
	return fmt.Sprintf("%s (%s)", text, seconds(time.Since(s.began)))
}

// Do runs f as a step, shows it while it runs, and ends its line with the time it took.
func (p *Printer) Do(title string, f func(*Step) error) error {
	step := &Step{title: title, began: time.Now()}
	p.mu.Lock()
	p.running = append(p.running, step)
	p.mu.Unlock()
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		p.animate(step, done)
	}()
	err := f(step)
	close(done)
	<-stopped
	mark := "✓"
	if err != nil {
		mark = "✗"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = slices.DeleteFunc(p.running, func(s *Step) bool { return s == step })
	if p.tty {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	fmt.Fprintf(p.w, "%s %s\n", mark, step)
	return err
}

func (p *Printer) animate(step *Step, done <-chan struct{}) {
	interval := plainInterval
	if p.tty {
		interval = frameInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			p.show(step)
		}
	}
}

// show writes a line for the step. On a terminal the oldest running step writes for all.
func (p *Printer) show(step *Step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.tty {
		fmt.Fprintf(p.w, "… %s\n", step)
		return
	}
	if p.running[0] != step {
		return
	}
	frames := []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	frame := frames[int(time.Since(p.start)/frameInterval)%len(frames)]
	texts := make([]string, len(p.running))
	for i, s := range p.running {
		texts[i] = s.String()
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", p.fit(fmt.Sprintf("%c %s", frame, strings.Join(texts, ", "))))
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
