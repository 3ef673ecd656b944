package cli

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// order is a command as the API takes it and a journal keeps it.
type order struct {
	Command   string              `json:"command,omitempty"`
	Reason    string              `json:"reason"`
	RequestID string              `json:"requestId,omitempty"`
	Check     onboarding.Check    `json:"check,omitempty"`
	Status    onboarding.Status   `json:"status,omitempty"`
	Until     time.Time           `json:"until,omitzero"`
	By        onboarding.Duration `json:"by,omitempty"`
	Approves  string              `json:"approves,omitempty"`
}

// orders lists the commands that have no command line of their own.
var orders = slices.DeleteFunc(slices.Clone(onboarding.Commands[:]), func(name string) bool { return name == onboarding.CommandErase })

// overrides are the statuses that a check can be given.
var overrides = slices.DeleteFunc(slices.Clone(onboarding.Statuses[:]), func(s onboarding.Status) bool { return s == onboarding.StatusNone })

// orderFlags are what an operator says of a command beside its name.
type orderFlags struct {
	reason, check, status, until, by string
	approving                        bool // what is left out is as it was proposed
}

func (f *orderFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.reason, "reason", "", "why: `TEXT` for the audit, needed")
	flags.StringVar(&f.check, "check", "", "of override_check and lift_override: the `CHECK`, one of "+joined(onboarding.Checks[:]))
	flags.StringVar(&f.status, "status", "", "of override_check: the `STATUS` it gets, one of "+joined(overrides))
	flags.StringVar(&f.until, "until", "", "of override_check: `WHEN` it ends: 2026-03-01T09:00:00Z, 2026-03-01 for the end of that day, or 72h or 30d from now (default 30 days)")
	flags.StringVar(&f.by, "by", "", "of extend_deadline: by how `LONG`, 24h or 3d")
	completes(cmd, "check", onboarding.Checks[:])
	completes(cmd, "status", overrides)
}

// takes names the flags that a command takes, and whether it needs them.
var takes = map[string]map[string]bool{
	onboarding.CommandOverride:     {"check": true, "status": true, "until": false},
	onboarding.CommandLiftOverride: {"check": true},
	onboarding.CommandExtend:       {"by": true},
}

// order checks the flags and returns what to send.
func (f orderFlags) order(name string, now time.Time, zone *time.Location) (order, error) {
	if strings.TrimSpace(f.reason) == "" {
		return order{}, usage("--reason is missing: a command needs a reason for the audit")
	}
	for _, flag := range []struct{ name, value string }{{"check", f.check}, {"status", f.status}, {"until", f.until}, {"by", f.by}} {
		needed, takes := takes[name][flag.name]
		switch {
		case flag.value != "" && !takes:
			return order{}, usage("%s takes no --%s", name, flag.name)
		case flag.value == "" && needed && !f.approving:
			return order{}, usage("--%s is missing: %s needs it", flag.name, name)
		}
	}
	o := order{Command: name, Reason: f.reason, Check: onboarding.Check(f.check), Status: onboarding.Status(f.status)}
	switch {
	case f.check != "" && !o.Check.Valid():
		return order{}, usage("--check %q is no check; the checks are %s", f.check, joined(onboarding.Checks[:]))
	case f.status != "" && !slices.Contains(overrides, o.Status):
		return order{}, usage("--status %q is none that a check can be given; they are %s", f.status, joined(overrides))
	}
	if f.until != "" {
		var ok bool
		if o.Until, ok = until(f.until, now, zone); !ok || !o.Until.After(now) {
			return order{}, usage("--until %q is no time ahead; it looks like 2026-03-01T09:00:00Z, 2026-03-01, 72h or 30d", f.until)
		}
	}
	if f.by != "" {
		by, ok := span(f.by)
		if !ok {
			return order{}, usage("--by %q is no time span; it looks like 24h or 3d", f.by)
		}
		o.By = onboarding.Duration(by)
	}
	return o, nil
}

// until reads a point in time, or a time span from now.
func until(text string, now time.Time, zone *time.Location) (time.Time, bool) {
	if d, ok := span(text); ok {
		return now.Add(d).UTC().Truncate(time.Second), true
	}
	return pointInTime(text, zone)
}

func (a *app) command() *cobra.Command {
	var f orderFlags
	var requestID, approves string
	cmd := &cobra.Command{Use: "command USER COMMAND --reason TEXT", Short: help("command"),
		Long: "Sends a command and waits for what becomes of it. COMMAND is one of " + strings.Join(orders, ", ") + ".\n" +
			"Where the policy wants two people, the first call proposes the command; another person sends the same with --approves.",
		DisableFlagsInUseLine: true}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := arguments("USER", "COMMAND")(cmd, args); err != nil {
			return err
		}
		return checkCommand(args[1], "admit erase USER --reason … erases")
	}
	f.add(cmd)
	cmd.Flags().StringVar(&approves, "approves", "", "the request `ID` of the proposal that this command agrees to")
	addRequestID(cmd, &requestID)
	cmd.ValidArgsFunction = a.completeUserThen(orders)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f.approving = approves != ""
		o, err := f.order(args[1], a.Now(), a.zone)
		if err != nil {
			return err
		}
		if o.RequestID, o.Approves = requestID, approves; requestID == "" {
			o.RequestID = rand.Text()
		}
		return a.send(cmd.Context(), args[0], o)
	}
	return cmd
}

// addRequestID gives a command the flag that makes it one that is done once.
func addRequestID(cmd *cobra.Command, requestID *string) {
	cmd.Flags().StringVar(requestID, "request-id", "", "the same `ID` again asks what became of the command, and does it once (default: made up)")
}

// checkCommand says why a command's name cannot be used; erase says what to do
// instead of erase.
func checkCommand(name, erase string) error {
	switch {
	case name == onboarding.CommandErase:
		return usage("erase is not sent like this: %s", erase)
	case !slices.Contains(orders, name):
		return usage("%q is no command; the commands are %s", name, strings.Join(orders, ", "))
	}
	return nil
}
