package onboarding

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// field is one part of a State that a log row can name.
type field struct {
	path string
	at   any // pointer into the state
}

// fields lists every field of a state in a fixed order. A test holds that none
// is missing.
func (s *State) fields() []field {
	fs := []field{
		{"userId", &s.UserID}, {"startedAt", &s.StartedAt}, {"version", &s.Version},
		{"stage", &s.Stage}, {"stageSince", &s.StageSince}, {"blockedOn", &s.BlockedOn},
		{"access", &s.Access}, {"accessVersion", &s.AccessVersion}, {"reversed", &s.Reversed},
		{"approved", &s.Approved}, {"approvedBefore", &s.ApprovedBefore}, {"onHold", &s.OnHold},
		{"closed", &s.Closed}, {"abandoned", &s.Abandoned},
		{"clockAt", &s.ClockAt}, {"reminded", &s.Reminded}, {"escalated", &s.Escalated},
		{"reminders", &s.Reminders}, {"stalled", &s.Stalled},
		{"reconciled", &s.Reconciled}, {"extended", &s.Extended}, {"proposals", &s.Proposals},
		{"told", &s.Told}, {"policyHash", &s.PolicyHash},
	}
	for _, c := range Checks {
		fs = append(fs, s.Checks.At(c).fields("checks."+string(c)+".")...)
	}
	return fs
}

func (c *CheckState) fields(prefix string) []field {
	return []field{
		{prefix + "status", &c.Status}, {prefix + "since", &c.Since},
		{prefix + "providerStatus", &c.ProviderStatus}, {prefix + "attempt", &c.Attempt}, {prefix + "processing", &c.Processing},
		{prefix + "reasons", &c.Reasons}, {prefix + "docsMissing", &c.DocsMissing},
		{prefix + "passedBefore", &c.PassedBefore}, {prefix + "passedAt", &c.PassedAt}, {prefix + "lostAt", &c.LostAt},
		{prefix + "moving", &c.Moving}, {prefix + "reliedOn", &c.ReliedOn}, {prefix + "heldReport", &c.HeldReport}, {prefix + "lateTold", &c.LateTold},
		{prefix + "reportedAt", &c.ReportedAt}, {prefix + "beforeFlag", &c.BeforeFlag},
		{prefix + "unconfirmed", &c.Unconfirmed}, {prefix + "asked", &c.Asked}, {prefix + "said", &c.Said}, {prefix + "apiPassed", &c.APIPassed},
		{prefix + "unanswered", &c.Unanswered}, {prefix + "unansweredTold", &c.UnansweredTold}, {prefix + "override", &c.Override},
	}
}

// Diff returns what changed from one state to another, field by field: what the
// log keeps of an input.
func Diff(before, after State) []Change {
	var changes []Change
	is := after.fields()
	for i, was := range before.fields() {
		b, a := reflect.ValueOf(was.at).Elem().Interface(), reflect.ValueOf(is[i].at).Elem().Interface()
		if reflect.DeepEqual(b, a) {
			continue
		}
		changes = append(changes, Change{Path: was.path, Before: encoded(b), After: encoded(a)})
	}
	return changes
}

// encoded returns v as JSON; the types of State's fields cannot fail to encode.
func encoded(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

// Patch applies what a log row changed. Patching the state of a user nobody has
// folded with each row of the log in turn gives the user's state. It fails on a
// path that State does not have and on a value that does not fit.
func Patch(s State, changes []Change) (State, error) {
	at := map[string]any{}
	for _, f := range s.fields() {
		at[f.path] = f.at
	}
	for _, c := range changes {
		target, ok := at[c.Path]
		if !ok {
			return State{}, fmt.Errorf("patch: the state has no field %q", c.Path)
		}
		v := reflect.ValueOf(target).Elem()
		v.SetZero()
		if err := json.Unmarshal(c.After, target); err != nil {
			return State{}, fmt.Errorf("patch %s: %w", c.Path, err)
		}
	}
	return s, nil
}
