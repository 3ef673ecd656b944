package story

import (
	"net/http"
	"slices"

	"admit/cmd/simulator/internal/client"
)

// applied is the want of a webhook that moves something.
func applied(stage, blocked, access string, told ...string) Want {
	return Want{Status: http.StatusOK, Answer: "{}", Outcome: "applied", Stage: stage, Blocked: blocked, Access: access, Told: told}
}

// with returns w with another outcome.
func (w Want) with(outcome string) Want {
	w.Outcome = outcome
	return w
}

// Cast returns everybody who is played, in the order in which the table shows
// them. run is a suffix that no other run on the same data has; crm says that
// another team's worker is told too.
func Cast(run string, s Secrets, crm bool) []User {
	var team []string
	if crm {
		team = []string{CRM}
	}
	return append(printed(s),
		approved("approved-"+run, s, team),
		reversed("reversed-"+run, s, team),
		overtaken("overtaken-"+run, s, team),
		reminded("reminded-"+run),
		forged("forged-"+run),
	)
}

// approved is the way that most users go, with a repetition and a word that is
// not in the documents.
func approved(id string, s Secrets, team []string) User {
	in := func(words, status, attempt string, want Want) Step {
		return Step{words, PathKYC, s.P100, KYC(id, status, attempt, ""), want}
	}
	return User{ID: id, Contact: &client.Contact{Email: "user-3@example.com", Locale: "en"}, Steps: []Step{
		in("P100 KYC: PENDING", "NOT_VERIFIED", "PENDING", applied("in_review", "provider", "none", Core)),
		in("P100 KYC: VERIFIED", "VERIFIED", "SUCCESSFUL", applied("approved", "nobody", "granted", slices.Concat([]string{Core, Mail}, team)...)),
		in("the same again", "VERIFIED", "SUCCESSFUL", applied("approved", "nobody", "granted").with("duplicate")),
		{"P100 account: ACTIVE", pathAccount, s.P100, object("externalUserId", id, "status", "ACTIVE"), applied("approved", "nobody", "granted", Core)},
		in("P100 KYC: a new word", "VERIFIED_TWICE", "", applied("approved", "nobody", "granted", Core).with("unrecognised")),
	}}
}

// reversed loses a pass. The pass that comes again right after is a redelivery of
// the old one for all that Admit can know, and must not let the user in; a new
// attempt does.
func reversed(id string, s Secrets, team []string) User {
	in := func(words, status, attempt, reason string, want Want) Step {
		return Step{words, PathKYC, s.P100, KYC(id, status, attempt, reason), want}
	}
	all := slices.Concat([]string{Core, Mail}, team)
	return User{ID: id, Contact: &client.Contact{Email: "user-4@example.com", Locale: "de"}, Steps: []Step{
		in("P100 KYC: VERIFIED", "VERIFIED", "SUCCESSFUL", "", applied("approved", "nobody", "granted", all...)),
		in("P100 KYC: reversal", "NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND", applied("suspended", "user", "revoked", all...)),
		in("P100 KYC: a stale pass", "VERIFIED", "SUCCESSFUL", "", applied("suspended", "compliance", "revoked", Core).with("held")),
		in("P100 KYC: a new attempt", "NOT_VERIFIED", "PENDING", "", applied("suspended", "provider", "revoked", Core)),
		in("P100 KYC: VERIFIED", "VERIFIED", "SUCCESSFUL", "", applied("approved", "nobody", "granted", all...)),
	}}
}

// overtaken gets XGateway's callbacks out of order, and loses the pass for good.
func overtaken(id string, s Secrets, team []string) User {
	in := func(status string, want Want, missing ...string) Step {
		return Step{"XGateway " + status, PathXGateway, "", XGateway(id, status, s.XGateway, missing...), want}
	}
	all := slices.Concat([]string{Core, Mail}, team)
	return User{ID: id, Contact: &client.Contact{Email: "user-5@example.com", Locale: "en"}, Steps: []Step{
		in("PENDING_KYC_DATA", applied("collecting", "user", "none", Core), "SELFIE"),
		in("FULL_USER", applied("approved", "nobody", "granted", all...)),
		in("KYC_PENDING", applied("approved", "nobody", "granted", Core).with("late")),
		in("HARD_KYC_FAILED", applied("suspended", "compliance", "revoked", all...)),
	}}
}

// reminded does nothing, until the policy's first reminder.
func reminded(id string) User {
	return User{ID: id, Contact: &client.Contact{Email: "user-6@example.com", Locale: "de"}, Steps: []Step{
		{Words: "started, then silence", Want: Want{Outcome: "applied", Stage: "collecting", Blocked: "user", Access: "none", Told: []string{Core, Mail}}},
	}}
}

// forged is somebody whom only a forger speaks of.
func forged(id string) User {
	return User{ID: id, Steps: []Step{
		{"P100 KYC, wrong token", PathKYC, "no-such-token", KYC(id, "VERIFIED", "SUCCESSFUL", ""), Want{Status: http.StatusUnauthorized, Unknown: true}},
		{"XGateway, wrong hash", PathXGateway, "", XGateway(id, "FULL_USER", "no-such-secret"), Want{Status: http.StatusUnauthorized, Unknown: true}},
	}}
}
