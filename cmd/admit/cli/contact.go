package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// contact is how a user is reached, as the API takes it and answers it.
type contact struct {
	UserID   string `json:"userId,omitempty"`
	Email    string `json:"email,omitempty"`
	Locale   string `json:"locale,omitempty"`
	Name     string `json:"name,omitempty"`
	TimeZone string `json:"timeZone,omitempty"`
}

// codeNoContact is the API's for a user who exists and has none.
const codeNoContact = "no_contact"

func contactPath(userID string) string { return "/v1/users/" + escaped(userID) + "/contact" }

func (a *app) contact() *cobra.Command {
	return group("contact", "admit contact show USER, admit contact set USER, or admit contact erase USER", a.contactShow(), a.contactSet(), a.contactErase())
}

func (a *app) contactShow() *cobra.Command {
	return &cobra.Command{Use: "show USER", Short: "show how a user is reached", Args: arguments("USER"), ValidArgsFunction: a.completeUserThen(nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			var got contact
			answer, err := c.get(cmd.Context(), contactPath(args[0]), nil, &got)
			if err != nil {
				return aboutContact(err, args[0])
			}
			return a.printContact(answer, got)
		}}
}

func (a *app) contactSet() *cobra.Command {
	var given contact
	cmd := &cobra.Command{Use: "set USER --email ADDRESS", Short: "say how a user is reached", Args: arguments("USER"), ValidArgsFunction: a.completeUserThen(nil),
		DisableFlagsInUseLine: true,
		Long:                  "Says how a user is reached. What no flag names stays as it is, and an empty text takes away what was there: --name ''."}
	flags := cmd.Flags()
	fields := map[string]func(*contact) *string{
		"email":     func(c *contact) *string { return &c.Email },
		"locale":    func(c *contact) *string { return &c.Locale },
		"name":      func(c *contact) *string { return &c.Name },
		"time-zone": func(c *contact) *string { return &c.TimeZone },
	}
	flags.StringVar(&given.Email, "email", "", "the `ADDRESS` that mails go to")
	flags.StringVar(&given.Locale, "locale", "", "the `LANGUAGE` of what is written to the user: de, de-AT")
	flags.StringVar(&given.Name, "name", "", "the `NAME` that the user is addressed by")
	flags.StringVar(&given.TimeZone, "time-zone", "", "the user's `ZONE`, for quiet hours and dates: Europe/Vienna")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var changes []func(*contact)
		for name, field := range fields {
			if flags.Changed(name) {
				changes = append(changes, func(c *contact) { *field(c) = *field(&given) })
			}
		}
		if len(changes) == 0 {
			return usage("nothing is given: --email, --locale, --name or --time-zone")
		}
		return a.changeContact(cmd.Context(), args[0], changes)
	}
	return cmd
}

// changeContact changes what is known, and leaves the rest as it is: the API
// replaces a contact whole.
func (a *app) changeContact(ctx context.Context, userID string, changes []func(*contact)) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	var now contact
	var f *failure
	if _, err := c.get(ctx, contactPath(userID), nil, &now); err != nil && (!errors.As(err, &f) || f.code != codeNoContact) {
		err = aboutContact(err, userID)
		if f != nil && f.exit == ExitNotFound {
			err = with(err, "the first webhook about a user makes the user known, and so does POST /v1/onboardings, which takes the contact too")
		}
		return err
	}
	now.UserID = ""
	for _, change := range changes {
		change(&now)
	}
	if now == (contact{}) {
		return usage("nothing would be left of the contact; admit contact erase --reason … %s erases it", lastWord(userID))
	}
	body, err := json.Marshal(now)
	if err != nil {
		return failed("the contact cannot be written: %v", err)
	}
	var got contact
	answer, _, err := c.do(ctx, http.MethodPut, contactPath(userID), body, &got)
	if err != nil {
		return aboutContact(err, userID)
	}
	return a.printContact(answer, got)
}

func (a *app) contactErase() *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{Use: "erase USER --reason TEXT", Short: "erase how a user is reached, and nothing else", Args: arguments("USER"),
		ValidArgsFunction: a.completeUserThen(nil), DisableFlagsInUseLine: true,
		Long: "Erases how a user is reached: no mail is written to the user from then on, and what waits is given up on.\n" +
			"The webhooks' bodies stay; admit erase takes them, too. It asks you to type the user's ID."}
	cmd.Flags().StringVar(&reason, "reason", "", "why: `TEXT`, needed")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(reason) == "" {
			return usage("--reason is missing: erasing needs a reason")
		}
		if !yes {
			if err := a.confirm(cmd.Context(), args[0], "the contact"); err != nil {
				return err
			}
		}
		return a.eraseContact(cmd.Context(), args[0], reason)
	}
	return cmd
}

func (a *app) eraseContact(ctx context.Context, userID, reason string) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"reason": reason})
	if err != nil {
		return failed("the reason cannot be written: %v", err)
	}
	var got struct {
		Erased bool `json:"erased"`
	}
	answer, _, err := c.do(ctx, http.MethodDelete, contactPath(userID), body, &got)
	switch {
	case err != nil:
		return aboutContact(err, userID)
	case a.json:
		a.printJSON(answer)
	case got.Erased:
		a.out.WriteString(clean("the contact of "+userID+" is erased") + "\n")
	default:
		a.out.WriteString(clean(userID+" had no contact") + "\n")
	}
	return nil
}

func (a *app) printContact(answer []byte, c contact) error {
	if a.json {
		a.printJSON(answer)
		return nil
	}
	t := a.table()
	t.row("user", c.UserID)
	t.row("email", c.Email)
	t.row("locale", c.Locale)
	t.row("name", c.Name)
	t.row("time zone", c.TimeZone)
	t.flush()
	if c.Email == "" {
		a.tell("without an address no mail is written to the user; hooks are told as ever")
	}
	return nil
}

// aboutContact says of a failure whose contact it was about, and what to do.
func aboutContact(err error, userID string) error {
	var f *failure
	if errors.As(err, &f) && f.code == codeNoContact {
		f.message = fmt.Sprintf("%s has no contact, so no mail is written to the user; hooks are told as ever\nadmit contact set --email ADDRESS %s says how the user is reached",
			userID, lastWord(userID))
		return err
	}
	return about(err, userID)
}
