package onboarding

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Problem is a mistake in a policy: where it is, as a dotted path, and what is
// wrong with it.
type Problem struct {
	Path    string
	Message string
}

// minStep is the shortest step of a stall list: the engine's timers are no finer.
// maxDuration is the longest of any duration.
const (
	minStep     = time.Second
	maxDuration = 10 * 365 * 24 * time.Hour
)

// Problems returns every mistake in the policy, none when it can be used.
func (p Policy) Problems() []Problem {
	var ps []Problem
	bad := func(path, format string, args ...any) {
		ps = append(ps, Problem{path, fmt.Sprintf(format, args...)})
	}
	if len(p.RequireAny)+len(p.RequireAll) == 0 {
		bad("require_any", "require_any and require_all are both empty: nobody could ever be approved")
	}
	for _, l := range []struct {
		path string
		list []Check
	}{{"require_any", p.RequireAny}, {"require_all", p.RequireAll}, {"require_if_started", p.RequireIfStarted}} {
		for i, c := range l.list {
			switch {
			case !c.Valid():
				bad(l.path, "%q is no check; the checks are %s", c, listed(Checks[:]))
			case c == KYCFiles:
				bad(l.path, "%q never passes: it counts by itself while kyc has nothing to say", c)
			case slices.Contains(l.list[:i], c):
				bad(l.path, "%q stands there twice", c)
			}
		}
	}
	for _, stage := range Stages {
		p.Stall.At(stage).problems("stall."+string(stage), bad)
		if p.Stall.At(stage).Abandon != 0 && !canAbandon(stage) {
			bad("stall."+string(stage)+".abandon", "a user in this stage cannot be given up; leave it out")
		}
	}
	for _, d := range []struct {
		path string
		d    Duration
	}{
		{"jitter", p.Jitter}, {"late_window.p100", p.LateWindow.P100}, {"late_window.xgateway", p.LateWindow.XGateway},
		{"held_window.p100", p.HeldWindow.P100}, {"held_window.xgateway", p.HeldWindow.XGateway},
		{"agree_after", p.AgreeAfter}, {"settle", p.Settle},
	} {
		if d.d < 0 || d.d.D() > maxDuration {
			bad(d.path, "must be from 0s to %s", maxDuration)
		}
	}
	if p.MaxReminders < 0 {
		bad("max_reminders", "must not be negative")
	}
	if p.ReversalsPerHour < 0 {
		bad("reversals_per_hour", "must not be negative; leave it out for no limit")
	}
	for i, c := range p.FreeText {
		if !c.Valid() || slices.Contains(p.FreeText[:i], c) {
			bad("free_text", "%q is no check or stands there twice; the checks are %s", c, listed(Checks[:]))
		}
	}
	p.peopleProblems(bad)
	return ps
}

// listed names words for a person to read.
func listed[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	return strings.Join(all, ", ")
}

func (p Policy) peopleProblems(bad func(path, format string, args ...any)) {
	for i, c := range p.Confirm {
		switch {
		case !slices.Contains(p.APIs, c) && !slices.Contains(p.Off, c): // what waits from when its provider was on goes on waiting
			bad("confirm", "%q has no API that could confirm it, so that it would never pass: the APIs that are set answer for %v", c, p.APIs)
		case slices.Contains(p.Confirm[:i], c):
			bad("confirm", "%q stands there twice", c)
		}
	}
	for i, name := range p.FourEyes {
		switch {
		case !slices.Contains(Commands[:], name):
			bad("four_eyes", "%q is no command; the commands are %s", name, listed(Commands[:]))
		case slices.Contains(p.FourEyes[:i], name):
			bad("four_eyes", "%q stands there twice", name)
		}
	}
}

func (s StageStall) problems(path string, bad func(path, format string, args ...any)) {
	for _, l := range []struct {
		name string
		list []Duration
	}{{"remind", s.Remind}, {"escalate", s.Escalate}, {"reconcile", s.Reconcile}} {
		for i, d := range l.list {
			switch {
			case d.D() < minStep || d.D() > maxDuration:
				bad(path+"."+l.name, "%s is not from %s to %s", d.D(), minStep, maxDuration)
			case i > 0 && d.D()-l.list[i-1].D() < minStep:
				bad(path+"."+l.name, "%s does not come at least %s after %s: each step counts from the same start", d.D(), minStep, l.list[i-1].D())
			}
		}
	}
	if s.Abandon != 0 && (s.Abandon.D() < minStep || s.Abandon.D() > maxDuration) {
		bad(path+".abandon", "%s is not from %s to %s; leave it out for never", s.Abandon.D(), minStep, maxDuration)
	}
}
