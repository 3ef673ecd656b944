package cli_test

import (
	"strings"
	"testing"

	"admit/cmd/admit/cli"
)

// misuse is a command line that cannot be used, and what is said of it.
type misuse struct {
	args []string
	says string
}

func misused(t *testing.T, lines []misuse) {
	t.Helper()
	for _, c := range lines {
		code, out, said := run(t, "http://127.0.0.1:1", operateToken, c.args...)
		if code != cli.ExitUsage || !strings.Contains(said, c.says) || out != "" {
			t.Errorf("%q: exit %d: %s%s", c.args, code, said, out)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	misused(t, []misuse{
		{[]string{"status"}, "USER is missing: admit status USER"},
		{[]string{"status", ""}, "cannot be a user"},
		{[]string{"status", "a\x00"}, "cannot be a user"},
		{[]string{"status", "a", "b"}, `unexpected argument "b"`},
		{[]string{"status", "a", "--token", "x"}, "unknown flag: --token"},
		{[]string{"timeline"}, "USER is missing"},
		{[]string{"list", "user-1"}, `unexpected argument "user-1"`},
		{[]string{"list", "--stage", "done"}, "the stages are collecting, "},
		{[]string{"list", "--blocked-on", "me"}, "one of user, provider"},
		{[]string{"list", "--limit", "0"}, "1 to 500"},
		{[]string{"list", "--limit", "ten"}, "invalid argument"},
		{[]string{"list", "--stalled=perhaps"}, "invalid argument"},
		{[]string{"command"}, "USER is missing"},
		{[]string{"command", "user-1"}, "COMMAND is missing"},
		{[]string{"command", "user-1", "hold"}, "--reason is missing"},
		{[]string{"command", "user-1", "hold", "--reason", "  "}, "--reason is missing"},
		{[]string{"command", "user-1", "approve", "--reason", "a"}, "the commands are flag_high_risk, "},
		{[]string{"command", "user-1", "erase", "--reason", "a"}, "admit erase USER"},
		{[]string{"command", "user-1", "override_check", "--reason", "a", "--status", "passed"}, "--check is missing: override_check needs it"},
		{[]string{"command", "user-1", "override_check", "--reason", "a", "--check", "kyc"}, "--status is missing"},
		{[]string{"command", "user-1", "override_check", "--reason", "a", "--check", "id", "--status", "passed"}, "the checks are kyc, "},
		{[]string{"command", "user-1", "override_check", "--reason", "a", "--check", "kyc", "--status", "none"}, "none that a check can be given; they are awaiting_user"},
		{[]string{"command", "user-1", "override_check", "--reason", "a", "--check", "kyc", "--status", "passed", "--until", "soon"}, "no time ahead"},
		{[]string{"command", "user-1", "override_check", "--reason", "a", "--check", "kyc", "--status", "passed", "--until", "2020-01-01"}, "no time ahead"},
		{[]string{"command", "user-1", "hold", "--reason", "a", "--until", "24h"}, "hold takes no --until"},
		{[]string{"command", "user-1", "extend_deadline", "--reason", "a"}, "--by is missing"},
		{[]string{"command", "user-1", "extend_deadline", "--reason", "a", "--by", "0s"}, "no time span"},
		{[]string{"command", "user-1", "extend_deadline", "--reason", "a", "--by", "-3d"}, "no time span"},
		{[]string{"command", "user-1", "lift_override", "--reason", "a", "--check", "kyc", "--by", "3d"}, "lift_override takes no --by"},
		{[]string{"erase"}, "USER is missing"},
		{[]string{"erase", "user-1", "--yes"}, "--reason is missing"},
		{[]string{"list", "--reversed=perhaps"}, "invalid argument"},
		{[]string{"audit", "user-1"}, "--at is missing"},
		{[]string{"audit", "user-1", "--at", "yesterday"}, "no time; it looks like"},
		{[]string{"contact"}, "admit contact show USER, admit contact set USER"},
		{[]string{"contact", "show"}, "USER is missing"},
		{[]string{"contact", "set", "user-1"}, "nothing is given: --email"},
		{[]string{"contact", "erase", "user-1", "--yes"}, "--reason is missing"},
		{[]string{"notify"}, "admit notify preview TEMPLATE, or admit notify reasons"},
		{[]string{"notify", "preview"}, "TEMPLATE is missing: it is one of action_required, "},
		{[]string{"notify", "preview", "welcome"}, "no message; they are action_required, "},
		{[]string{"notify", "preview", "approved", "rejected"}, `unexpected argument "rejected"`},
		{[]string{"notify", "preview", "reminder.0"}, "reminder.last"},
		{[]string{"notify", "preview", "reminder.1", "--number", "2"}, "exclude each other"},
		{[]string{"notify", "preview", "approved", "--number", "2"}, "--number counts reminders"},
		{[]string{"notify", "preview", "approved", "--stage", "done"}, "the stages are collecting, "},
		{[]string{"notify", "preview", "expired", "--check", "id"}, "the checks are kyc, "},
		{[]string{"notify", "reasons", "--lang", "de,"}, "--lang names no language"},
		{[]string{"providers"}, "admit providers explain USER"},
		{[]string{"providers", "explain"}, "USER is missing"},
		{[]string{"events"}, "a command is missing: admit events list, or admit events replay ID"},
		{[]string{"events", "show"}, `"show" is no command of admit events`},
		{[]string{"events", "list", "7"}, `unexpected argument "7"`},
		{[]string{"events", "list", "--state", "applied"}, "the states are malformed, unrecognised"},
		{[]string{"events", "list", "--limit", "501"}, "1 to 500"},
		{[]string{"events", "replay"}, "ID is missing: admit events replay ID"},
		{[]string{"events", "replay", "7", "8"}, `unexpected argument "8"`},
		{[]string{"events", "replay", "user-1"}, "no ID of an event"},
		{[]string{"events", "replay", "0"}, "no ID of an event"},
		{[]string{"events", "replay", "--", "-1"}, "no ID of an event"},
		{[]string{"status", "user-1", "--admin", "127.0.0.1:8081"}, "no URL of an admin listener"},
		{[]string{"status", "user-1", "--admin", "ftp://127.0.0.1"}, "no URL of an admin listener"},
		{[]string{"unknown"}, "unknown command"},
	})
}

// Of the commands for many users.
func TestUsageForMany(t *testing.T) {
	t.Parallel()
	misused(t, []misuse{
		{[]string{"bulk"}, "admit bulk run COMMAND, admit bulk resume JOURNAL"},
		{[]string{"bulk", "run"}, "COMMAND is missing"},
		{[]string{"bulk", "run", "erase", "--reason", "a"}, "one user at a time"},
		{[]string{"bulk", "run", "approve", "--reason", "a"}, "the commands are flag_high_risk, "},
		{[]string{"bulk", "run", "hold", "lift"}, `unexpected argument "lift"`},
		{[]string{"bulk", "run", "hold", "--stage", "in_review"}, "--reason is missing"},
		{[]string{"bulk", "run", "hold", "--reason", "a"}, "the users are missing"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--users", "x", "--stage", "in_review"}, "exclude each other"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--users", "x", "--approves", "y"}, "exclude each other"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "done"}, "the stages are collecting, "},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--id", "a b"}, "letters, digits"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "-v"}, "-v is for --dry-run"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--stop-after", "0"}, "1 or more"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--rate", "fast"}, "no rate: it looks like 20/s"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--rate", "0/s"}, "no rate"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--rate", "NaN"}, "no rate"},
		{[]string{"bulk", "run", "hold", "--reason", "a", "--stage", "in_review", "--rate", "5001/s"}, "at most 5000/s"},
		{[]string{"bulk", "resume"}, "JOURNAL is missing"},
		{[]string{"bulk", "report", "a", "b"}, `unexpected argument "b"`},
		{[]string{"import"}, "FILE is missing"},
		{[]string{"import", "users.txt"}, "--format csv or --format jsonl"},
		{[]string{"import", "users.csv", "--format", "xlsx"}, "--format csv or --format jsonl"},
		{[]string{"import", "users.csv", "--id", "a b"}, "letters, digits"},
		{[]string{"wake"}, "USER is missing; --all wakes all"},
		{[]string{"wake", "user-1", "--all"}, "exclude each other"},
		{[]string{"wake", "a\x00"}, "cannot be a user"},
		{[]string{"wake", "--stage", "done"}, "the stages are collecting, "},
		{[]string{"hooks"}, "a command is missing: admit hooks list, admit hooks failed NAME"},
		{[]string{"hooks", "stop"}, `"stop" is no command of admit hooks`},
		{[]string{"hooks", "list", "crm"}, `unexpected argument "crm"`},
		{[]string{"hooks", "failed"}, "NAME is missing: admit hooks failed NAME"},
		{[]string{"hooks", "failed", "Core_"}, "no name of a hook"},
		{[]string{"hooks", "failed", "crm", "--limit", "0"}, "1 to 500"},
		{[]string{"hooks", "test"}, "NAME is missing"},
		{[]string{"hooks", "test", "crm", "core"}, `unexpected argument "core"`},
		{[]string{"hooks", "replay"}, "NAME is missing"},
		{[]string{"hooks", "replay", "crm", "--reason", "a"}, "IDs, --all, or --present"},
		{[]string{"hooks", "replay", "crm", "--all"}, "--reason is missing"},
		{[]string{"hooks", "replay", "crm", "7", "--all", "--reason", "a"}, "exclude each other"},
		{[]string{"hooks", "replay", "crm", "user-1", "--reason", "a"}, "no ID of an effect; admit hooks failed crm"},
		{[]string{"hooks", "replay", "crm", "--all", "--after", "user-1", "--reason", "a"}, "--after is for --present"},
		{[]string{"completion"}, "SHELL is missing: it is one of bash, zsh, fish"},
		{[]string{"completion", "sh"}, "no shell that is known"},
	})
}
