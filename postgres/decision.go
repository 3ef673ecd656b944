package postgres

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"admit/onboarding"
)

// decision names the log row that last decided one thing that is known.
type decision struct {
	about string
	value any
	seq   int64
}

// trail is which row last changed each field of the state. An override and a
// proposal are followed by themselves: the field that holds an override changes
// also by what is reported beneath it, and the field of the proposals by each.
type trail struct {
	paths     map[string]int64
	overrides map[onboarding.Check]int64
	proposals map[string]int64 // by request ID
}

// words are the fields of a check that hold the provider's words.
var words = [...]string{"providerStatus", "attempt", "processing", "reasons", "docsMissing"}

func (t *trail) follow(row changeRow) {
	for _, c := range row.changes {
		t.paths[c.Path] = row.seq
		name, override := strings.CutSuffix(strings.TrimPrefix(c.Path, "checks."), ".override")
		switch {
		case override && overrideIn(c.Before) != overrideIn(c.After):
			if t.overrides == nil {
				t.overrides = map[onboarding.Check]int64{}
			}
			t.overrides[onboarding.Check(name)] = row.seq
		case c.Path == "proposals":
			t.propose(c, row.seq)
		}
	}
}

// propose finds the proposals that a row made.
func (t *trail) propose(c onboarding.Change, seq int64) {
	if t.proposals == nil {
		t.proposals = map[string]int64{}
	}
	was := proposalsIn(c.Before)
	for _, p := range proposalsIn(c.After) {
		if !slices.ContainsFunc(was, func(q onboarding.Proposal) bool { return q.RequestID == p.RequestID && q.Expires.Equal(p.Expires) }) {
			t.proposals[p.RequestID] = seq
		}
	}
}

// override is what an operator said, without what is reported beneath it.
type override struct {
	Status onboarding.Status `json:"status"`
	Until  time.Time         `json:"until"`
}

func overrideIn(text json.RawMessage) (o override) {
	_ = json.Unmarshal(text, &o) // the log's own text; null is none
	o.Until = o.Until.UTC()
	return o
}

func proposalsIn(text json.RawMessage) (ps []onboarding.Proposal) {
	_ = json.Unmarshal(text, &ps) // the log's own text; null is none
	return ps
}

// decisions lists what is known of the user and is not nothing.
func (t trail) decisions(s onboarding.State) []decision {
	ds := []decision{{"stage", s.Stage, t.paths["stage"]}, {"access", s.Access, t.paths["access"]}}
	if s.OnHold {
		ds = append(ds, decision{"onHold", true, t.paths["onHold"]})
	}
	if s.Closed {
		ds = append(ds, decision{"closed", true, t.paths["closed"]})
	}
	for _, p := range s.Proposals {
		ds = append(ds, decision{"proposals." + p.RequestID, p, t.proposals[p.RequestID]})
	}
	for _, check := range onboarding.Checks {
		ds = append(ds, t.check(check, s.Checks.At(check))...)
	}
	return slices.DeleteFunc(ds, func(d decision) bool { return d.seq == 0 }) // what nothing decided
}

// check lists what is known of a check: its status, the provider's words where
// they came by another row, and an operator's override.
func (t trail) check(check onboarding.Check, c *onboarding.CheckState) (ds []decision) {
	about := "checks." + string(check)
	if !c.Is(onboarding.StatusNone) {
		ds = append(ds, decision{about, c.Get(), t.paths[about+".status"]})
	}
	said := int64(0)
	for _, w := range words {
		said = max(said, t.paths[about+"."+w])
	}
	if said != t.paths[about+".status"] {
		ds = append(ds, decision{about + ".words", c.Words, said})
	}
	if o := c.Override; o != nil {
		ds = append(ds, decision{about + ".override", override{o.Status, o.Until}, t.overrides[check]})
	}
	return ds
}

// decisions puts the evidence beside what was decided.
func (e evidence) decisions(decided []decision) []onboarding.Decision {
	ds := []onboarding.Decision{}
	for _, d := range decided {
		ds = append(ds, onboarding.Decision{About: d.about, Value: encoded(d.value), Entry: e.entries[d.seq], Erased: e.erased[d.seq]})
	}
	return ds
}
