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

// silent returns w for what is no webhook, and has no HTTP answer.
func (w Want) silent() Want {
	w.Status, w.Answer = 0, ""
	return w
}

// hook is the step of a webhook.
func hook(words, path, token, body string, want Want) Step {
	return Step{Words: words, Path: path, Token: token, Body: body, Want: want}
}

// kyc is the step of P100's KYC webhook about a user.
func kyc(s Secrets, id, words, status, attempt, reason string, want Want) Step {
	return hook("P100 KYC: "+words, PathKYC, s.P100, KYC(id, status, attempt, reason), want)
}

// Cast returns everybody who is played, in the order in which the table shows
// them. run is a suffix that no other run on the same data has; crm says that
// another team's worker is told too.
func Cast(run string, s Secrets, crm bool) []User {
	all := []string{Core, Mail}
	if crm {
		all = append(all, CRM)
	}
	users := append(printed(s),
		approved("approved-"+run, s, all),
		reversed("reversed-"+run, s, all),
		overtaken("overtaken-"+run, s, all),
		held("held-"+run, s, all),
		lost(LostID(run), s, all),
		overridden("override-"+run, s, all),
	)
	return append(append(users, imported(run)...), reminded("reminded-"+run), forged("forged-"+run))
}

// approved is the way that most users go, with a repetition and a word that is
// not in the documents.
func approved(id string, s Secrets, all []string) User {
	repeat := kyc(s, id, "", "VERIFIED", "SUCCESSFUL", "", applied("approved", "nobody", "granted").with("duplicate"))
	repeat.Words = "the same again"
	return User{ID: id, Contact: &client.Contact{Email: "user-3@example.com", Locale: "en"}, Steps: []Step{
		kyc(s, id, "PENDING", "NOT_VERIFIED", "PENDING", "", applied("in_review", "provider", "none", Core)),
		kyc(s, id, "VERIFIED", "VERIFIED", "SUCCESSFUL", "", applied("approved", "nobody", "granted", all...)),
		repeat,
		hook("P100 account: ACTIVE", pathAccount, s.P100, object("externalUserId", id, "status", "ACTIVE"), applied("approved", "nobody", "granted", Core)),
		kyc(s, id, "a new word", "VERIFIED_TWICE", "", "", applied("approved", "nobody", "granted", Core, Reviewers).with("unrecognised")),
	}}
}

// reversed loses a pass. The pass that comes again right after is a redelivery of
// the old one for all that Admit can know, and must not let the user in, which
// P100's API confirms; a new attempt does.
func reversed(id string, s Secrets, all []string) User {
	return User{ID: id, Contact: &client.Contact{Email: "user-4@example.com", Locale: "de"}, Steps: []Step{
		kyc(s, id, "VERIFIED", "VERIFIED", "SUCCESSFUL", "", applied("approved", "nobody", "granted", all...)),
		reversal(id, s, all),
		kyc(s, id, "a stale pass", "VERIFIED", "SUCCESSFUL", "", applied("suspended", "compliance", "revoked").with("held")),
		kyc(s, id, "a new attempt", "NOT_VERIFIED", "PENDING", "", applied("suspended", "provider", "revoked", Core)),
		kyc(s, id, "VERIFIED", "VERIFIED", "SUCCESSFUL", "", applied("approved", "nobody", "granted", all...)),
	}}
}

// reversal takes the pass of an approved user away.
func reversal(id string, s Secrets, all []string) Step {
	told := slices.Concat(all, []string{Reviewers})
	return kyc(s, id, "reversal", "NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND", applied("suspended", "user", "revoked", told...))
}

// overtaken gets XGateway's callbacks out of order, and loses the pass for good.
// The hash of a callback does not cover its status, so that a FULL_USER lets
// nobody in before XGateway's API has said so as well.
func overtaken(id string, s Secrets, all []string) User {
	in := func(status string, want Want, missing ...string) Step {
		return hook("XGateway "+status, PathXGateway, "", XGateway(id, status, s.XGateway, missing...), want)
	}
	return User{ID: id, Contact: &client.Contact{Email: "user-5@example.com", Locale: "en"}, Steps: []Step{
		in("PENDING_KYC_DATA", applied("collecting", "user", "none", Core), "SELFIE"),
		in("FULL_USER", applied("in_review", "provider", "none", Core)),
		{Words: "the API confirms it", Awaits: Awaited{apiXGateway, "confirmed"}, Want: applied("approved", "nobody", "granted", all...).silent()},
		in("KYC_PENDING", applied("approved", "nobody", "granted").with("late")),
		in("HARD_KYC_FAILED", applied("suspended", "compliance", "revoked", slices.Concat(all, []string{Reviewers})...)),
	}}
}

// reminded does nothing, until the policy's first reminder.
func reminded(id string) User {
	return User{ID: id, Contact: &client.Contact{Email: "user-6@example.com", Locale: "de"}, Steps: []Step{
		{Words: "started, then silence", Awaits: Awaited{Input: reminder}, Want: applied("collecting", "user", "none", Core, Mail).silent()},
	}}
}

// forged is somebody whom only a forger speaks of.
func forged(id string) User {
	turned := Want{Status: http.StatusUnauthorized, Unknown: true}
	return User{ID: id, Steps: []Step{
		hook("P100 KYC, wrong token", PathKYC, "no-such-token", KYC(id, "VERIFIED", "SUCCESSFUL", ""), turned),
		hook("XGateway, wrong hash", PathXGateway, "", XGateway(id, "FULL_USER", "no-such-secret"), turned),
	}}
}
