package cli

import (
	"io"
	"time"
)

// Progress is the progress of many users, as a terminal shows it or as a file
// gets it.
type Progress struct{ p *progress }

// NewProgress starts telling of total users.
func NewProgress(w io.Writer, now func() time.Time, total int, terminal bool) Progress {
	a := &app{Surroundings: Surroundings{Stderr: w, Now: now}}
	p := a.progress("users", "failed", 0, total)
	if terminal {
		p.over, p.every = true, everyOver
	}
	return Progress{p}
}

func (p Progress) Add(done, bad int) { p.p.add(done, bad) }
func (p Progress) Again(err error)   { p.p.again(err) }
func (p Progress) End()              { p.p.end() }
