package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// maxReplay is how many effects one request may bring back.
const maxReplay = 200

// hookReplayFlags say what is sent to a hook again.
type hookReplayFlags struct {
	reason, after string
	all, present  bool
	ids           []int64
}

// hookReplay is what one request asks for.
type hookReplay struct {
	Reason  string  `json:"reason"`
	IDs     []int64 `json:"ids,omitempty"`
	Present bool    `json:"present,omitempty"`
	After   string  `json:"after,omitempty"`
}

type hookReplayAnswer struct {
	Replayed int    `json:"replayed"`
	Left     bool   `json:"left"`
	Next     string `json:"next"`
}

func (a *app) hooksReplay() *cobra.Command {
	var f hookReplayFlags
	cmd := &cobra.Command{Use: "replay NAME ID… | --all | --present --reason TEXT", Short: "send a hook again what it was given up on", DisableFlagsInUseLine: true,
		Long: "Has a hook sent again what it was given up on: the effects of these IDs, as admit hooks failed shows them, or with --all each once.\n" +
			"--present tells a hook that is new what is true now of each user, as far as its events name access and the stages; the same again tells it only of users with whom something happened meanwhile.\n" +
			"Stopped at any time, the same again goes on.",
		ValidArgsFunction: a.completeHooks}
	flags := cmd.Flags()
	flags.StringVar(&f.reason, "reason", "", "why: `TEXT`, needed")
	flags.BoolVar(&f.all, "all", false, "everything that the hook was given up on")
	flags.BoolVar(&f.present, "present", false, "what is true now of each user")
	flags.StringVar(&f.after, "after", "", "with --present: begin behind this `USER`")
	cmd.Args = func(cmd *cobra.Command, args []string) error { return f.check(cmd, args) }
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		r := &hookReplaying{a: a, c: c, name: args[0], flags: f}
		switch {
		case f.present:
			err = r.tellPresent(cmd.Context())
		case f.all:
			err = r.replayAll(cmd.Context())
		default:
			err = r.replayIDs(cmd.Context())
		}
		if err != nil {
			return err
		}
		return r.conclude()
	}
	return cmd
}

// check reads the IDs, and says what is wrong with the rest.
func (f *hookReplayFlags) check(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage("NAME is missing: %s; admit hooks list shows the names", cmd.UseLine())
	}
	if err := checkHook(args[0]); err != nil {
		return err
	}
	for _, arg := range args[1:] {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || id < 1 {
			return usage("%q is no ID of an effect; admit hooks failed %s shows the IDs", arg, args[0])
		}
		f.ids = append(f.ids, id)
	}
	slices.Sort(f.ids)
	f.ids = slices.Compact(f.ids)
	chosen := 0
	for _, given := range []bool{len(f.ids) > 0, f.all, f.present} {
		if given {
			chosen++
		}
	}
	switch {
	case chosen == 0:
		return usage("what is to be sent again is missing: IDs, --all, or --present for a new hook")
	case chosen > 1:
		return usage("IDs, --all and --present exclude each other")
	case f.after != "" && !f.present:
		return usage("--after is for --present")
	case strings.TrimSpace(f.reason) == "":
		return usage("--reason is missing: a replay needs a reason")
	}
	return nil
}

// hookReplaying is a replay as it goes on.
type hookReplaying struct {
	a     *app
	c     *client
	name  string
	flags hookReplayFlags
	tells *progress
	done  int // effects that wait to be sent
}

func (r *hookReplaying) replayIDs(ctx context.Context) error {
	r.tells = r.a.progress("effects", "not replayed", 0, len(r.flags.ids))
	for ids := range slices.Chunk(r.flags.ids, maxReplay) {
		if err := r.replay(ctx, ids); err != nil {
			return r.stopped(err, "")
		}
	}
	return nil
}

// stopped adds to a failure how far it came and how to go on.
func (r *hookReplaying) stopped(err error, how string) error {
	if r.done == 0 && how == "" {
		r.tells.leave()
		return err
	}
	r.tells.end()
	return with(err, plural(r.done, "effect")+" replayed; the same again goes on"+how)
}

// replayAll goes through what the hook was given up on once. What is given up on
// again at once is behind it, so this has an end.
func (r *hookReplaying) replayAll(ctx context.Context) error {
	all, _, err := r.c.listHooks(ctx)
	if err != nil {
		return err
	}
	total := 0
	if i := slices.IndexFunc(all, func(h hook) bool { return h.Name == r.name }); i >= 0 {
		total = int(all[i].Parked)
	}
	r.tells = r.a.progress("effects", "not replayed", 0, total)
	query := url.Values{"limit": {strconv.Itoa(maxReplay)}}
	_, err = r.c.walk(ctx, hookPath(r.name, "/failed"), query, "items", func(items []json.RawMessage) (bool, error) {
		var ids []int64
		for _, item := range items {
			var e onboarding.FailedEffect
			if json.Unmarshal(item, &e) != nil || e.ID < 1 {
				return false, r.c.stranger(http.StatusOK)
			}
			ids = append(ids, e.ID)
		}
		if len(ids) == 0 {
			return true, nil
		}
		return true, r.replay(ctx, ids)
	})
	if err != nil {
		return r.stopped(err, "")
	}
	return nil
}

// replay asks for some effects. A call that came only part of the way leaves some
// of them, for which it asks again.
func (r *hookReplaying) replay(ctx context.Context, ids []int64) error {
	missing := len(ids)
	for range maxTries {
		got, err := r.send(ctx, hookReplay{Reason: r.flags.reason, IDs: ids})
		if err != nil {
			return err
		}
		r.done, missing = r.done+got.Replayed, max(missing-got.Replayed, 0)
		if !got.Left {
			break
		}
	}
	r.tells.add(len(ids), missing)
	return nil
}

func (r *hookReplaying) tellPresent(ctx context.Context) error {
	r.tells = r.a.progress("effects", "", 0, 0)
	after := r.flags.after
	for {
		got, err := r.send(ctx, hookReplay{Reason: r.flags.reason, Present: true, After: after})
		if err == nil && got.Next != "" && got.Next == after {
			err = failed("%s gives the same page again and again", r.c.base)
		}
		if err != nil {
			how := ""
			if after != "" {
				how = " with --after " + quoted(after)
			}
			return r.stopped(err, how)
		}
		r.done, after = r.done+got.Replayed, got.Next
		r.tells.add(got.Replayed, 0)
		if after == "" {
			return nil
		}
	}
}

// send asks once, and again where it is not known to have come: what was replayed
// is not replayed twice.
func (r *hookReplaying) send(ctx context.Context, what hookReplay) (got hookReplayAnswer, err error) {
	body, err := json.Marshal(what)
	if err != nil {
		return got, failed("the request cannot be written: %v", err)
	}
	err = r.a.patiently(ctx, r.tells.again, func(ctx context.Context) error {
		_, _, err := r.c.do(ctx, http.MethodPost, hookPath(r.name, "/replay"), body, &got)
		return err
	})
	return got, err
}

func (r *hookReplaying) conclude() error {
	r.tells.end()
	switch {
	case r.a.json:
		text, err := json.Marshal(map[string]int{"replayed": r.done})
		if err != nil {
			return failed("the count cannot be written: %v", err)
		}
		r.a.printJSON(text)
	case r.flags.present:
		r.a.out.WriteString(r.name + " is told what is true now: " + plural(r.done, "effect") + "\n")
	default:
		r.a.out.WriteString(plural(r.done, "effect") + " replayed to " + r.name + "\n")
	}
	if missing := len(r.flags.ids) - r.done; missing > 0 {
		return failed("%s not replayed: only what %s was given up on is, and access only where no newer word has overtaken it", plural(missing, "effect"), r.name)
	}
	return nil
}
