package story

import (
	"slices"

	"admit/cmd/simulator/internal/client"
)

// How a timeline names the answers of the providers' APIs.
const (
	apiP100     = "p100/api"
	apiXGateway = "xgateway/api"
)

// LostID returns the ID of the user whose reversal no webhook told of.
func LostID(run string) string { return "lost-" + run }

// answers are the two answers of P100's API that move a check: the first changes
// nothing, and the second, some time later, leads to want.
func answers(status string, before, want Want) []Step {
	return []Step{
		{Words: "the API says " + status, Awaits: Awaited{apiP100, "first_answer"}, Want: before.silent().with("noted")},
		{Words: "it says so once more", Awaits: Awaited{apiP100, "second_answer"}, Want: want.silent()},
	}
}

// held loses a pass and gets another right after: for the webhook alone it may be
// a redelivery, and P100's API says that it is none.
func held(id string, s Secrets, all []string) User {
	shut := applied("suspended", "compliance", "revoked")
	pass := kyc(s, id, "a pass again", "VERIFIED", "SUCCESSFUL", "", shut.with("held"))
	pass.Says = "VERIFIED"
	return User{ID: id, Contact: &client.Contact{Email: "user-7@example.com", Locale: "en"}, Steps: append([]Step{
		kyc(s, id, "VERIFIED", "VERIFIED", "SUCCESSFUL", "", applied("approved", "nobody", "granted", all...)),
		reversal(id, s, all),
		pass,
	}, answers("VERIFIED", shut, applied("approved", "nobody", "granted", all...))...)}
}

// lost expires, and the webhook that says so never comes: it is found by asking.
func lost(id string, s Secrets, all []string) User {
	in := applied("approved", "nobody", "granted", all...)
	pass := kyc(s, id, "VERIFIED", "VERIFIED", "SUCCESSFUL", "", in)
	pass.Says = "EXPIRED"
	out := applied("suspended", "user", "revoked", slices.Concat(all, []string{Reviewers})...)
	return User{ID: id, Contact: &client.Contact{Email: "user-8@example.com", Locale: "en"}, Early: 1,
		Steps: append([]Step{pass}, answers("EXPIRED", applied("approved", "nobody", "granted"), out)...)}
}
