package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

func (a *app) erase() *cobra.Command {
	var reason, requestID, approves string
	var yes bool
	cmd := &cobra.Command{Use: "erase USER --reason TEXT", Short: help("erase"), Args: arguments("USER"), DisableFlagsInUseLine: true,
		Long: "Erases a user's personal data: the contact, and the bodies of the webhooks and answers folded so far. What was decided, and why, stays.\n" +
			"It cannot be undone, needs a token of the role admin, and asks you to type the user's ID."}
	flags := cmd.Flags()
	flags.StringVar(&reason, "reason", "", "why: `TEXT` for the audit, needed")
	flags.StringVar(&approves, "approves", "", "the request `ID` of the proposal that this agrees to")
	flags.BoolVar(&yes, "yes", false, "do not ask")
	addRequestID(cmd, &requestID)
	cmd.ValidArgsFunction = a.completeUserThen(nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(reason) == "" {
			return usage("--reason is missing: erasing needs a reason for the audit")
		}
		if !yes {
			if err := a.confirm(cmd.Context(), args[0], "the contact and the webhooks' bodies"); err != nil {
				return err
			}
		}
		if requestID == "" {
			requestID = rand.Text()
		}
		return a.send(cmd.Context(), args[0], order{Command: onboarding.CommandErase, Reason: reason, RequestID: requestID, Approves: approves})
	}
	return cmd
}

// confirm has the operator type the user's ID before what is erased of the user.
func (a *app) confirm(ctx context.Context, userID, what string) error {
	// Nobody is left to be asked when the terminal is gone; then nothing is typed.
	_, _ = fmt.Fprintf(a.Stderr, "This erases %s of %s for good. Type the ID to go on: ", what, clean(userID))
	type line struct {
		text string
		err  error
	}
	typed := make(chan line, 1)
	go func() {
		// A read of a terminal cannot be interrupted; it ends with the process.
		text, err := bufio.NewReader(io.LimitReader(a.Stdin, 4096)).ReadString('\n')
		typed <- line{strings.TrimRight(text, "\r\n"), err}
	}()
	select {
	case <-ctx.Done():
		a.endLine()
		return failed("interrupted; nothing is erased")
	case l := <-typed:
		if l.err != nil {
			a.endLine()
		}
		switch {
		case l.text == userID:
			return nil
		case l.text == "" && l.err != nil:
			return failed("nothing was typed, and nothing is erased; --yes does not ask")
		}
		return failed("that is not the user's ID; nothing is erased")
	}
}

// endLine ends the line of a question that was not answered with Enter.
func (a *app) endLine() { _, _ = io.WriteString(a.Stderr, "\n") } // as above
