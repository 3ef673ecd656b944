package activities

// nextCommands are the commands that come next after a cause, once somebody has
// looked: by the cause, or "name:what", or its name alone.
var nextCommands = map[string][]string{
	"reversed":             {"admit providers explain {user}"},
	"suspended":            {"admit timeline {user}", `admit command {user} clear_high_risk --reason "…"`},
	"held_report":          {"admit providers explain {user}", `admit command {user} override_check --check {check} --status passed --reason "…"`},
	"late_report":          {"admit providers explain {user}", `admit command {user} override_check --check {check} --status in_review --reason "…"`},
	"unrecognised":         {"admit timeline {user}", "admit events list"},
	"undecodable":          {"admit timeline {user}", "admit events list"},
	"report_while_on_hold": {"admit timeline {user}", `admit command {user} lift --reason "…"`},
	"report_while_closed":  {"admit timeline {user}", `admit command {user} reopen --reason "…"`},
	"contradicts_override": {"admit providers explain {user}", `admit command {user} lift_override --check {check} --reason "…"`},
	"override_ended":       {"admit providers explain {user}", `admit command {user} override_check --check {check} --status passed --reason "…"`},
	"unanswered":           {"admit providers explain {user}", `admit command {user} reconcile --reason "…"`},
	"api_contradicts":      {"admit providers explain {user}", `admit command {user} override_check --check {check} --status passed --reason "…"`},

	"stalled":                  {"admit providers explain {user}"},
	"stalled:collecting":       {"admit providers explain {user}", `admit command {user} close --reason "…"`},
	"stalled:action_required":  {"admit providers explain {user}", `admit command {user} close --reason "…"`},
	"stalled:high_risk_review": {"admit timeline {user}", `admit command {user} clear_high_risk --reason "…"`},
	"stalled:on_hold":          {"admit timeline {user}", `admit command {user} lift --reason "…"`},
}
