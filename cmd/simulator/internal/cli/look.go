package cli

import (
	"strings"

	"admit/cmd/simulator/internal/client"
	"admit/cmd/simulator/internal/story"
)

// look tells what there is to look at and what to try next.
func (p plan) look(o options, env environment, run string, std streams) {
	std.say(std.out, "\nLook at\n")
	for _, place := range [][2]string{
		{"Temporal's UI", env[temporalUIURL] + "/namespaces/" + env[temporalNamespace] + "/workflows"},
		{"the admin API", p.Admin + "/docs"},
		{"the mails", env[mailURL]},
		{"the hooks", p.Sink + "/"},
		{"the metrics", p.Admin + "/metrics"},
		{"the configuration", p.config()},
		{"Admit's log", p.log()},
	} {
		std.say(std.out, "  %-18s %s\n", place[0], place[1])
	}
	if p.CRM {
		std.say(std.out, "  %-18s %s\n", "the worker's log", p.workerLog())
	}
	std.say(std.out, "\nTry, in another terminal\n")
	for _, try := range p.tries("try-"+run, "trysepa-"+run) {
		std.say(std.out, "  # %s\n", try[0])
		for line := range strings.Lines(try[1]) {
			std.say(std.out, "  %s\n", strings.TrimRight(line, "\n"))
		}
	}
	std.say(std.out, "\n  # the same, and more, by Admit's own commands\n"+
		"  export ADMIT_ADMIN_URL=%s ADMIT_TOKEN=%s\n"+
		"  %s list --stage suspended\n  %s timeline %s\n  %s command %s lift --reason 'looked at it'\n",
		p.Admin, adminToken, o.admit, o.admit, "try-"+run, o.admit, "try-"+run)
	std.say(std.out, "\nAdmit stays up; Ctrl-C ends it.\n")
}

// tries returns commands to copy, each with what it does, in an order in which
// they make sense. user and sepa are users that do not exist yet.
func (p plan) tries(user, sepa string) [][2]string {
	admin := client.Admin{URL: p.Admin, Token: adminToken}
	bearer := " -H 'Authorization: Bearer " + adminToken + "'"
	return [][2]string{
		{"P100 says that a user has passed: the user is let in",
			"curl -i -H 'Authorization: " + p100Token + "' " + p.Public + story.PathKYC + ` \` + "\n" +
				"  -d '" + story.KYC(user, "VERIFIED", "SUCCESSFUL", "") + "'"},
		{"what Admit knows of that user", "curl -s" + bearer + " " + admin.Path(user, "")},
		{"a reviewer holds the user: the user is shut out",
			"curl -i" + bearer + " -H 'Content-Type: application/json' " + admin.Path(user, "/commands") + ` \` + "\n" +
				`  -d '{"command":"hold","reason":"a look is needed"}'`},
		{"XGateway says the same of another; its hash is base64(SHA-512(customerId + \".\" + secret))",
			"curl -i " + p.Public + story.PathXGateway + ` \` + "\n" +
				"  -d '" + story.XGateway(sepa, "FULL_USER", xgatewaySecret) + "'"},
	}
}
