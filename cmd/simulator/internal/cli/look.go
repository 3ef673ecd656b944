package cli

import (
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"admit/cmd/simulator/internal/story"
)

// line is one of Admit's own commands to copy.
type line struct {
	says string   // what it does, "" where that is plain
	args []string // without the program
}

// look tells what there is to look at and what to try next. played are commands
// about the users who were played.
func (s *scenery) look(o options, env environment, run string, played []line, std streams) {
	std.say(std.out, "\nLook at\n")
	for _, place := range [][2]string{
		{"Temporal's UI", s.Workflows},
		{"  who is shut out", s.Workflows + "?query=" + url.QueryEscape(`OnboardingStage="suspended"`)},
		{"the admin API", s.Admin + "/docs"},
		{"the mails", env[mailURL]},
		{"the hooks", s.Sink + "/"},
		{"the metrics", s.Admin + "/metrics"},
		{"the configuration", s.config()},
		{"Admit's log", s.log()},
	} {
		std.say(std.out, "  %-18s %s\n", place[0], place[1])
	}
	if s.CRM {
		std.say(std.out, "  %-18s %s\n", "the worker's log", s.workerLog())
	}
	std.say(std.out, "\nTry, in another terminal\n")
	for _, try := range s.tries("try-"+run, "trysepa-"+run) {
		std.say(std.out, "  # %s\n", try[0])
		for line := range strings.Lines(try[1]) {
			std.say(std.out, "  %s\n", strings.TrimRight(line, "\n"))
		}
	}
	std.say(std.out, "\n  # the same, and more, by Admit's own commands\n"+
		"  export ADMIT_ADMIN_URL=%s ADMIT_TOKEN=%s\n", s.Admin, adminToken)
	for _, l := range append(mine("try-"+run, "trysepa-"+run), played...) {
		if l.says != "" {
			std.say(std.out, "  # %s\n", l.says)
		}
		std.say(std.out, "  %s %s\n", o.admit, shellLine(l.args))
	}
	std.say(std.out, "\nAdmit stays up; Ctrl-C ends it.\n")
}

// mine are commands about the users whom a reader has made by then.
func mine(user, sepa string) []line {
	return []line{
		{args: []string{"timeline", user}},
		{args: []string{"command", user, "lift", "--reason", "looked at it"}},
		{"two people: this one proposes, and prints what the other types, with ADMIT_TOKEN=" + colleagueToken,
			[]string{"command", sepa, "override_check", "--check", "sepa_kyc", "--status", "failed", "--reason", "a forged passport"}},
	}
}

// typed are commands about the users who were played. That they work is what the
// play for CI holds.
func (p plan) typed(run string, r story.Result) []line {
	lines := []line{
		{args: []string{"list", "--stage", "suspended"}},
		{"why a user is shut out: no webhook said so", []string{"providers", "explain", story.LostID(run)}},
	}
	if at := r.Last(story.LostID(run)); !at.IsZero() {
		lines = append(lines, line{"what was known a moment before, and what had decided it",
			[]string{"audit", story.LostID(run), "--at", at.Add(-time.Second).UTC().Format(time.RFC3339)}})
	}
	return append(lines,
		line{"what the bulk run did, and its way back: look first", []string{"bulk", "report", filepath.Join(p.Dir, story.Journal(run))}},
		line{args: []string{"bulk", "run", "lift", "--stage", "on_hold", "--reason", "the import was looked at", "--dry-run"}},
		line{"how it goes with the systems that are told", []string{"hooks", "list"}},
		line{"one of them is tried: a signed hook.test, about nobody", []string{"hooks", "test", "core"}},
		line{"what a German user is told of a photo that is blurred", []string{"notify", "preview", "action_required", "--lang", "de", "--reason", "DOC_TOO_BLURRY"}},
	)
}

// tries returns commands to copy, each with what it does, in an order in which
// they make sense. user and sepa are users that do not exist yet.
func (p plan) tries(user, sepa string) [][2]string {
	admin := p.admin()
	bearer := " -H 'Authorization: Bearer " + adminToken + "'"
	return [][2]string{
		{"P100 says that a user has passed: the user is let in",
			"curl -i -H 'Authorization: " + p100Token + "' " + p.Public + story.PathKYC + ` \` + "\n" +
				"  -d '" + story.KYC(user, "VERIFIED", "SUCCESSFUL", "") + "'"},
		{"what Admit knows of that user", "curl -s" + bearer + " " + admin.Path(user, "")},
		{"a reviewer holds the user: the user is shut out",
			"curl -i" + bearer + " -H 'Content-Type: application/json' " + admin.Path(user, "/commands") + ` \` + "\n" +
				`  -d '{"command":"hold","reason":"a look is needed"}'`},
		{"XGateway says the same of another, and its API confirms it; the hash is base64(SHA-512(customerId + \".\" + secret))",
			"curl -i " + p.Public + story.PathXGateway + ` \` + "\n" +
				"  -d '" + story.XGateway(sepa, "FULL_USER", xgatewaySecret) + "'"},
	}
}
