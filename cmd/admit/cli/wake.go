package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// wakeRate is how many workflows are rung in a second unless the operator says
// otherwise; maxWake is how many one request may name.
const (
	wakeRate = 50.0
	maxWake  = 200
)

type wakeFlags struct {
	all          bool
	stage, after string
	rate         rate
}

// wakeRequest rings the users that it names, or a page of all or of those in a
// stage.
type wakeRequest struct {
	UserIDs []string `json:"userIds,omitempty"`
	After   string   `json:"after,omitempty"`
	Limit   int      `json:"limit,omitempty"`
	Stage   string   `json:"stage,omitempty"`
}

type wakeAnswer struct {
	Rung    int      `json:"rung"`
	Next    string   `json:"next"`
	Unknown []string `json:"unknown"` // of the users named: those whom nobody knows
}

func (a *app) wake() *cobra.Command {
	f := wakeFlags{rate: wakeRate}
	cmd := &cobra.Command{Use: "wake USER… | --all | --stage STAGE", Short: help("wake"), DisableFlagsInUseLine: true,
		Long: "Rings the workflows of users, so that they look at once whether something is to be done: after a change of the policy, for one.\n" +
			"It changes nothing by itself, and a ring too many is harmless."}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "all users")
	flags.StringVar(&f.stage, "stage", "", "all users in this `STAGE`: "+joined(onboarding.Stages[:]))
	flags.StringVar(&f.after, "after", "", "with --all and --stage: begin behind this `USER`")
	flags.Var(&f.rate, "rate", "how many are rung: 50/s, 600/m")
	completes(cmd, "stage", onboarding.Stages[:])
	cmd.ValidArgsFunction = a.completeUsers
	cmd.Args = func(_ *cobra.Command, args []string) error { return f.check(args) }
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		if len(args) > 0 {
			return a.wakeUsers(cmd.Context(), c, args, f.rate)
		}
		return a.wakePages(cmd.Context(), c, f)
	}
	return cmd
}

func (f wakeFlags) check(users []string) error {
	switch {
	case len(users) > 0 && (f.all || f.stage != "" || f.after != ""):
		return usage("users and --all, --stage or --after exclude each other")
	case len(users) == 0 && !f.all && f.stage == "":
		return usage("USER is missing; --all wakes all users, --stage those in a stage")
	case f.stage != "" && !onboarding.Stage(f.stage).Valid():
		return usage("--stage %q is no stage; the stages are %s", f.stage, joined(onboarding.Stages[:]))
	}
	for _, u := range users {
		if err := checkUserID(u); err != nil {
			return err
		}
	}
	return nil
}

// batch is how many users one request rings, so that the rate is kept over a
// second.
func (f wakeFlags) batch() int { return max(1, min(maxWake, int(f.rate))) }

func (a *app) wakeUsers(ctx context.Context, c *client, users []string, r rate) error {
	slices.Sort(users)
	users = slices.Compact(users)
	tells, pace := a.progress("users", "unknown", 0, len(users)), a.pacer(r)
	var all wakeAnswer
	for some := range slices.Chunk(users, wakeFlags{rate: r}.batch()) {
		got, err := a.ring(ctx, c, pace, tells, wakeRequest{UserIDs: some}, len(some))
		if err != nil {
			tells.end()
			return with(err, fmt.Sprintf("%s rung; a ring too many is harmless, so send the same again", plural(all.Rung, "user")))
		}
		all.Rung += got.Rung
		all.Unknown = append(all.Unknown, got.Unknown...)
		tells.add(len(some), len(got.Unknown))
	}
	tells.end()
	a.printRung(all.Rung)
	if len(all.Unknown) > 0 {
		return &failure{exit: ExitNotFound, message: "nobody knows " + joined(all.Unknown)}
	}
	return nil
}

func (a *app) wakePages(ctx context.Context, c *client, f wakeFlags) error {
	tells, pace := a.progress("users", "unknown", 0, 0), a.pacer(f.rate)
	rung, after := 0, f.after
	for {
		got, err := a.ring(ctx, c, pace, tells, wakeRequest{After: after, Limit: f.batch(), Stage: f.stage}, f.batch())
		if err == nil && got.Next != "" && got.Next == after {
			err = failed("%s gives the same page again and again", c.base)
		}
		if err != nil {
			tells.end()
			how := plural(rung, "user") + " rung; the same again goes on"
			if after != "" {
				how += " with --after " + quoted(after)
			}
			return with(err, how)
		}
		rung, after = rung+got.Rung, got.Next
		tells.add(got.Rung, 0)
		if after == "" {
			tells.end()
			a.printRung(rung)
			return nil
		}
	}
}

// ring sends one request at its pace. Rings that come twice are harmless, so it is
// sent again where it is not known to have come.
func (a *app) ring(ctx context.Context, c *client, pace *pacer, tells *progress, req wakeRequest, n int) (wakeAnswer, error) {
	var got wakeAnswer
	body, err := json.Marshal(req)
	if err != nil {
		return got, failed("the users cannot be written: %v", err)
	}
	if pace.wait(ctx, n) != nil {
		return got, interrupted()
	}
	err = a.patiently(ctx, tells.again, func(ctx context.Context) error {
		_, _, err := c.do(ctx, http.MethodPost, "/v1/wake", body, &got)
		return err
	})
	return got, err
}

func (a *app) printRung(n int) {
	if a.json {
		fmt.Fprintf(&a.out, "{\n  \"rung\": %d\n}\n", n)
		return
	}
	a.out.WriteString(plural(n, "user") + " rung\n")
}
