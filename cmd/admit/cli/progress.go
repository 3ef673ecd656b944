package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// progress tells how far long work has come, on one line that is written over
// where a person looks at a terminal, and else on a line now and then.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	now   func() time.Time
	what  string // "users"
	worse string // what the bad ones are, "failed"
	total int    // 0 where it is not known
	every time.Duration
	over  bool // writes over its line

	started, shown    time.Time
	done, bad, before int
	note              string // what holds it up
	open, ended       bool   // a line stands there unfinished; the last one was written
}

// How often a line is written, to a terminal and elsewhere.
const (
	everyOver  = 200 * time.Millisecond
	everyLine  = 10 * time.Second
	lineLength = 79 // of a line that is written over, in characters
)

// progress starts telling. before counts what was done by an earlier run.
func (a *app) progress(what, worse string, before, total int) *progress {
	p := &progress{w: a.Stderr, now: a.Now, what: what, worse: worse, total: total, done: before, before: before, every: everyLine}
	if f, ok := a.Stderr.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.over, p.every = true, everyOver
		}
	}
	p.started = p.now()
	p.shown = p.started
	return p
}

// add counts what was done, and how many of it went badly.
func (p *progress) add(done, bad int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.bad, p.note = p.done+done, p.bad+bad, ""
	p.show(false)
}

// again tells of a failure that is followed by another try.
func (p *progress) again(err error) {
	first, _, _ := strings.Cut(err.Error(), "\n")
	p.stuck("trying again: " + first)
}

// stuck tells what holds the work up, until something is done.
func (p *progress) stuck(why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note = why
	p.show(false)
}

// end writes the last line, once.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.note, p.ended = "", true
	p.show(true)
	if p.open {
		_, _ = io.WriteString(p.w, "\n") // nobody is left to tell when the terminal is gone
	}
}

// leave ends a line that stands there unfinished, and writes none.
func (p *progress) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open && !p.ended {
		_, _ = io.WriteString(p.w, "\n") // as above
	}
	p.ended = true
}

func (p *progress) show(last bool) {
	now := p.now()
	if !last && now.Sub(p.shown) < p.every {
		return
	}
	p.shown = now
	line := clean(p.line(now))
	if !p.over {
		_, _ = fmt.Fprintf(p.w, "%s\n", line)
		return
	}
	if cut := []rune(line); len(cut) > lineLength {
		line = string(cut[:lineLength])
	}
	// To the line's beginning, and nothing behind what is written.
	_, _ = fmt.Fprintf(p.w, "\r%s\x1b[K", line)
	p.open = true
}

// line says how much is done, how fast, what failed, and how long it may still
// take at this pace.
func (p *progress) line(now time.Time) string {
	line := fmt.Sprintf("%d %s", p.done, p.what)
	if p.total > 0 {
		line = fmt.Sprintf("%d/%d %s", p.done, p.total, p.what)
	}
	if took := now.Sub(p.started).Seconds(); took > 0 && p.done > p.before {
		perSecond := float64(p.done-p.before) / took
		line += fmt.Sprintf(", %.1f/s", perSecond)
		if left := p.total - p.done; left > 0 {
			line += ", " + round(time.Duration(float64(left)/perSecond*float64(time.Second))) + " left"
		}
	}
	if p.bad > 0 {
		line += fmt.Sprintf(", %d %s", p.bad, p.worse)
	}
	if p.note != "" {
		line += ", " + p.note
	}
	return line
}

// round shows a duration as a person says it.
func round(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
