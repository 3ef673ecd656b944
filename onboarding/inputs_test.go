package onboarding_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"admit/onboarding"
)

// inputs draws anything that can happen to a user, time included.
func inputs(reports []onboarding.Report) *rapid.Generator[onboarding.Input] {
	return rapid.Custom(func(t *rapid.T) onboarding.Input {
		switch rapid.IntRange(0, 11).Draw(t, "kind") {
		case 0, 1:
			return onboarding.Input{Kind: onboarding.InputCommand, Command: commands().Draw(t, "command")}
		case 2:
			kinds := []onboarding.InputKind{onboarding.InputStart, onboarding.InputPolicy, onboarding.InputUndecodable, onboarding.InputImport, onboarding.InputHook, "other"}
			return onboarding.Input{
				Kind:   rapid.SampledFrom(kinds).Draw(t, "other"),
				Import: onboarding.Import{Checks: onboarding.Checks[:rapid.IntRange(0, 6).Draw(t, "imported")], Since: t0, SendAccess: rapid.Bool().Draw(t, "send access")},
			}
		case 3, 4:
			return onboarding.Input{Kind: onboarding.InputDeadline} // the next one, due or not
		case 5, 6:
			return onboarding.Input{Kind: onboarding.InputAnswer, Answer: answers(reports).Draw(t, "answer")}
		}
		in := report(rapid.SampledFrom(reports).Draw(t, "report"), time.Time{})
		in.Replay = rapid.IntRange(0, 3).Draw(t, "replay") == 0
		in.Overtaken = in.Replay && rapid.Bool().Draw(t, "overtaken")
		in.Surge = onboarding.Surge{Users: rapid.IntRange(0, 5).Draw(t, "reversed"), Told: rapid.Bool().Draw(t, "told")}
		return in
	})
}

// commands draws a command of one of two people, with fields that may be of no
// sense.
func commands() *rapid.Generator[onboarding.Command] {
	return rapid.Custom(func(t *rapid.T) onboarding.Command {
		c := onboarding.Command{
			Name: rapid.SampledFrom(onboarding.Commands[:]).Draw(t, "name"), Actor: rapid.SampledFrom([]string{"alice", "bob"}).Draw(t, "actor"),
			RequestID: strconv.Itoa(rapid.IntRange(0, 1_000_000).Draw(t, "request")),
			Check:     rapid.SampledFrom(append([]onboarding.Check{"", "other"}, onboarding.Checks[:]...)).Draw(t, "check"),
			Status:    rapid.SampledFrom(append([]onboarding.Status{"", "other"}, onboarding.Statuses[:]...)).Draw(t, "status"),
			By:        onboarding.Duration(rapid.SampledFrom([]int64{0, -1, 3_600_000_000_000, 1 << 62}).Draw(t, "by")),
		}
		if hours := rapid.SampledFrom([]int{0, -1, 1, 1000, 1_000_000}).Draw(t, "until"); hours != 0 {
			c.Until = t0.Add(time.Duration(hours) * time.Hour)
		}
		return c
	})
}

// answers draws an answer of either API.
func answers(reports []onboarding.Report) *rapid.Generator[onboarding.Answer] {
	return rapid.Custom(func(t *rapid.T) onboarding.Answer {
		a := onboarding.Answer{Kind: onboarding.AnswerStatus, Report: rapid.SampledFrom(reports).Draw(t, "answered")}
		a.Check = a.Report.Check
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			a = onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerUnknown, Code: "P445"}
		case 1:
			a = onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerUnusable, Code: "http_404"}
		case 2:
			a = onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerNotVerified, Report: kyc("NOT_VERIFIED", "")}
		case 3:
			a.Check = rapid.SampledFrom(onboarding.Checks[:]).Draw(t, "another check")
		}
		return a
	})
}

// policies draws policies that differ in what they require, ask and confirm.
func policies() *rapid.Generator[onboarding.Policy] {
	return rapid.Custom(func(t *rapid.T) onboarding.Policy {
		p := onboarding.DefaultPolicy()
		if !rapid.Bool().Draw(t, "default") {
			lists := rapid.Permutation(onboarding.Checks[:]).Draw(t, "checks")
			n := rapid.IntRange(0, 3).Draw(t, "any")
			p.RequireAny, p.RequireAll, p.RequireIfStarted = lists[:n], lists[n:n+1], lists[n+1:n+1+rapid.IntRange(0, 2).Draw(t, "started")]
		}
		apis := []onboarding.Check{onboarding.KYC, onboarding.SEPAKYC}
		p.APIs = apis[:rapid.IntRange(0, 2).Draw(t, "APIs")]
		p.Confirm = p.APIs[rapid.IntRange(0, len(p.APIs)).Draw(t, "confirmed"):]
		p.FourEyes = onboarding.Commands[:rapid.SampledFrom([]int{0, 0, 5, len(onboarding.Commands)}).Draw(t, "four eyes")]
		p.ReversalsPerHour = rapid.IntRange(0, 3).Draw(t, "reversals")
		return p
	})
}

// text is a state as it is stored.
func text(t *rapid.T, s onboarding.State) string {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// people holds what is true of every command: one that needs two people does
// nothing by one, nobody approves what that person proposed, and what is refused or
// proposed changes nothing that is known of the user.
func people(t *rapid.T, in onboarding.Input, before, after onboarding.State, v onboarding.Verdict, p onboarding.Policy) {
	if in.Kind != onboarding.InputCommand {
		return
	}
	c := in.Command
	switch v.Outcome {
	case onboarding.Noted:
		if v.Reason != "proposed" || !slices.Contains(p.FourEyes, c.Name) || len(after.Proposals) != len(before.Proposals)+1 {
			t.Fatalf("%+v is noted (%s) with %d proposals", c, v.Reason, len(after.Proposals))
		}
	case onboarding.Refused:
		if v.Reason == "" || len(after.Proposals) != len(before.Proposals) {
			t.Fatalf("%+v is refused with the reason %q, and %d proposals became %d", c, v.Reason, len(before.Proposals), len(after.Proposals))
		}
	case onboarding.Applied:
		i := slices.IndexFunc(before.Proposals, func(q onboarding.Proposal) bool { return q.RequestID == c.Approves })
		needs := slices.Contains(p.FourEyes, c.Name)
		switch {
		case needs && c.Approves == "":
			t.Fatalf("one person did %s", c.Name)
		case c.Approves == "":
		case i < 0 || before.Proposals[i].Actor == c.Actor || before.Proposals[i].Command != c.Name || !before.Proposals[i].Expires.After(in.Received):
			t.Fatalf("%+v approved %+v", c, before.Proposals)
		}
	default:
		t.Fatalf("a command is %s", v.Outcome)
	}
}

// asking holds what is true of every question and answer: none without an API, none
// by an answer, and no pass of a failed check by one.
func asking(t *rapid.T, in onboarding.Input, before, after onboarding.State, v onboarding.Verdict, effects []onboarding.Effect, p onboarding.Policy) {
	for _, e := range effects {
		switch {
		case !e.Ask():
		case in.Kind == onboarding.InputAnswer:
			t.Fatal("an answer asks")
		case e.Name == onboarding.EffectAskP100 && !slices.Contains(p.APIs, onboarding.KYC),
			e.Name == onboarding.EffectAskXGateway && !slices.Contains(p.APIs, onboarding.SEPAKYC):
			t.Fatalf("%s without an API", e.Name)
		}
	}
	if in.Kind != onboarding.InputAnswer {
		return
	}
	was, is := before.Checks.At(in.Answer.Check), after.Checks.At(in.Answer.Check)
	if was.Is(onboarding.StatusFailed) && is.Is(onboarding.StatusPassed) {
		t.Fatal("an answer passed a failed check")
	}
	if v.Outcome == onboarding.Applied && !was.Unconfirmed && was.Override == nil && (was.Said == nil || in.Answer.Asked.Before(was.Said.AgreeAt)) {
		t.Fatalf("one answer moved %s from %s to %s", in.Answer.Check, was.Get(), is.Get())
	}
}

// imported holds that an import tells nobody but, when it is asked to, those who
// open and shut access.
func imported(t *rapid.T, in onboarding.Input, after onboarding.State, effects []onboarding.Effect) {
	if in.Kind != onboarding.InputImport {
		return
	}
	if (after.Access == onboarding.AccessGranted) != (after.Stage == onboarding.StageApproved) {
		t.Fatalf("access %s in stage %s", after.Access, after.Stage)
	}
	for _, e := range effects {
		if e.Lane() != onboarding.LaneAccess || !in.Import.SendAccess {
			t.Fatalf("an import sends %s", e.Name)
		}
	}
}

// sentences holds that any state can be explained.
func sentences(t *rapid.T, s onboarding.State, p onboarding.Policy) {
	e := onboarding.Explain(s, p, func(onboarding.Check) onboarding.APIExplanation { return onboarding.APIExplanation{} })
	for _, c := range e.Checks {
		if c.Rule == "" || c.WaitsFor == "" || e.Rule == "" || e.WaitsFor == "" {
			t.Fatalf("nothing to say of %+v", c)
		}
	}
}
