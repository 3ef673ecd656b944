package story

import (
	"strings"

	"admit/cmd/simulator/internal/client"
)

// How a timeline names what operators do.
const (
	inputOverride = "operator/override_check"
	inputHold     = "operator/hold"
	inputImport   = "merchant/import"
)

// Journal returns the name of the file that the bulk run writes.
func Journal(run string) string { return "hold-" + run + ".jsonl" }

// overridden fails, and is let in by people. The policy wants two of them.
func overridden(id string, s Secrets, all []string) User {
	const proposal = "seen-in-the-branch"
	waits := applied("action_required", "user", "none")
	approves := []string{"command", id, "override_check", "--approves", proposal, "--reason", "looked at it"}
	return User{ID: id, Contact: &client.Contact{Email: "user-9@example.com", Locale: "en"}, Steps: []Step{
		kyc(s, id, "NO_FACE_FOUND", "NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND", applied("action_required", "user", "none", Core, Mail)),
		{
			Words: "dev proposes to pass kyc", Awaits: Awaited{inputOverride, "proposed"}, Want: waits.silent().with("noted"),
			Order: &Order{By: Dev, Args: []string{"command", id, "override_check", "--check", "kyc", "--status", "passed",
				"--request-id", proposal, "--reason", "the passport was seen in the branch"}},
		},
		{
			Words: "dev agrees to it, too", Awaits: Awaited{inputOverride, "same_person"}, Want: waits.silent().with("refused"),
			Order: &Order{By: Dev, Args: approves, Exit: 1},
		},
		{
			Words: "a colleague agrees", Awaits: Awaited{Input: inputOverride}, Want: applied("approved", "nobody", "granted", all...).silent(),
			Order: &Order{By: Colleague, Args: approves},
		},
	}}
}

// imported were verified before Admit came. Two of them are put on hold by one
// command line.
func imported(run string) []User {
	users := []User{{ID: "import1-" + run}, {ID: "import2-" + run}, {ID: "import3-" + run}}
	checks := []string{"kyc poa", "sepa_kyc", "kyc"}
	file := "user_id,checks,since\n"
	for i := range users {
		file += users[i].ID + "," + checks[i] + ",2024-05-31\n"
		users[i].Steps = []Step{{
			Words: "imported: " + strings.ReplaceAll(checks[i], " ", ", "), Awaits: Awaited{Input: inputImport},
			Want: applied("approved", "nobody", "granted", Core).silent(),
		}}
		if i > 0 {
			users[i].Steps = append(users[i].Steps, Step{
				Words: "a bulk run holds them", Awaits: Awaited{Input: inputHold}, Want: applied("on_hold", "compliance", "revoked", Core).silent(),
			})
		}
	}
	users[0].Before = &Order{By: Dev, Stdin: file, Args: []string{"import", "-", "--format", "csv", "--send-access"}}
	users[1].Steps[1].Order = &Order{By: Dev, Stdin: users[1].ID + "\n" + users[2].ID + "\n",
		Args: []string{"bulk", "run", "hold", "--users", "-", "--reason", "the import is looked at", "--journal", Journal(run)}}
	return users
}
