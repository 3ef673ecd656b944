package cli

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// answer is what the API says of a command.
type answer struct {
	Outcome    string                 `json:"outcome"`
	RequestID  string                 `json:"requestId"`
	Onboarding *onboarding.Onboarding `json:"onboarding"`
}

func (a *app) command() *cobra.Command {
	var reason, requestID string
	cmd := &cobra.Command{Use: "command USER COMMAND --reason TEXT", Short: help("command"), ValidArgs: onboarding.Commands[:],
		Long:                  "Sends a command and waits for what becomes of it. COMMAND is one of " + strings.Join(onboarding.Commands[:], ", ") + ".",
		DisableFlagsInUseLine: true}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := arguments("USER", "COMMAND")(cmd, args); err != nil {
			return err
		}
		if !slices.Contains(onboarding.Commands[:], args[1]) {
			return usage("%q is no command; the commands are %s", args[1], strings.Join(onboarding.Commands[:], ", "))
		}
		return nil
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why: `TEXT` for the audit, needed")
	cmd.Flags().StringVar(&requestID, "request-id", "", "the same `ID` again asks what became of the command, and does it once (default: made up)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(reason) == "" {
			return usage("--reason is missing: a command needs a reason for the audit")
		}
		if requestID == "" {
			requestID = rand.Text()
		}
		return a.send(cmd, args[0], onboarding.Command{Name: args[1], Reason: reason, RequestID: requestID})
	}
	return cmd
}

// send sends a command and shows its outcome.
func (a *app) send(cmd *cobra.Command, userID string, command onboarding.Command) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"command": command.Name, "reason": command.Reason, "requestId": command.RequestID})
	if err != nil {
		return &failure{exit: ExitFailed, message: fmt.Sprintf("the command cannot be written: %v", err)}
	}
	var got answer
	text, status, err := c.do(cmd.Context(), http.MethodPost, userPath(userID, "/commands"), body, &got)
	if err != nil {
		return about(unsure(err, status, command.RequestID), userID)
	}
	if a.json {
		a.printJSON(text)
	}
	if status == http.StatusAccepted {
		return &failure{exit: ExitUnavailable, message: fmt.Sprintf(
			"%s is stored and pending: no engine answered in time, and it is applied when one is back\n%s/readyz says what is missing; what became of it, the same command with --request-id %s tells",
			command.Name, c.base, command.RequestID)}
	}
	if a.json {
		return nil
	}
	a.out.WriteString(clean(command.Name + " " + got.Outcome))
	if o := got.Onboarding; o != nil {
		a.out.WriteString(clean(fmt.Sprintf(": %s is %s, blocked on %s, access %s", o.UserID, o.Stage, o.BlockedOn, o.Access)))
	}
	a.out.WriteByte('\n')
	return nil
}

// unsure adds to a failure that leaves open whether the command was stored how to
// find out. A definite no has a status below 500.
func unsure(err error, status int, requestID string) error {
	var f *failure
	if errors.As(err, &f) && f.exit != ExitUsage && (status == 0 || status >= http.StatusInternalServerError) {
		f.message += "\nwhether the command was stored is not known; the same command with --request-id " + requestID + " is done once, and tells"
	}
	return err
}
