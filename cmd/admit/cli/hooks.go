package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// hook is a target as the API shows it.
type hook struct {
	onboarding.HookView
	Pollers *int `json:"pollers"` // null where nobody can say
}

// kindTaskQueue is the kind of a target that is another team's activity, as the API
// names it.
const kindTaskQueue = "task_queue"

func (a *app) hooks() *cobra.Command {
	return group("hooks", "admit hooks list, admit hooks failed NAME, admit hooks replay NAME, or admit hooks test NAME",
		a.hooksList(), a.hooksFailed(), a.hooksReplay(), a.hooksTest())
}

var hookName = regexp.MustCompile(`^[a-z0-9-]+$`)

func checkHook(name string) error {
	if !hookName.MatchString(name) {
		return usage("%q is no name of a hook: it has small letters, digits and hyphens; admit hooks list shows them", name)
	}
	return nil
}

func hookPath(name, rest string) string { return "/v1/hooks/" + name + rest }

// oneHook takes the name of a hook, and nothing else.
func oneHook(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return usage("NAME is missing: %s; admit hooks list shows the names", cmd.UseLine())
	case len(args) > 1:
		return usage("unexpected argument %q: %s", args[1], cmd.UseLine())
	}
	return checkHook(args[0])
}

// listHooks asks for all targets. It returns the answer as it came, too.
func (c *client) listHooks(ctx context.Context) (all []hook, answer []byte, err error) {
	var got struct {
		Items []hook `json:"items"`
	}
	answer, err = c.get(ctx, "/v1/hooks", nil, &got)
	if err == nil && got.Items == nil {
		return nil, nil, c.stranger(http.StatusOK)
	}
	return got.Items, answer, err
}

func (a *app) hooksList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "list hooks and everybody else who is told, and how they fare", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			all, answer, err := c.listHooks(cmd.Context())
			switch {
			case err != nil:
				return err
			case a.json:
				a.printJSON(answer)
			case len(all) == 0:
				a.tell("none are configured")
			default:
				a.printHooks(all)
			}
			return nil
		}}
}

// printHooks writes a row for each hook and, behind one that needs somebody, what
// to do.
func (a *app) printHooks(all []hook) {
	var rows bytes.Buffer
	t := newTable(&rows, "NAME", "KIND", "STATE", "SINCE", "WAITING", "OLDEST", "PARKED", "LAST ANSWER")
	for _, h := range all {
		kind, since := strings.ReplaceAll(h.Kind, "_", " "), ""
		if h.Access {
			kind += ", access"
		}
		if h.State == onboarding.HookFailing && h.FailedSince != nil {
			since = a.time(*h.FailedSince)
		}
		t.row(h.Name, kind, h.shown(), since, strconv.FormatInt(h.Waiting, 10), a.age(h.Oldest), strconv.FormatInt(h.Parked, 10), h.LastAnswer)
	}
	t.flush()
	i := -1 // the heading's
	for row := range strings.Lines(rows.String()) {
		a.out.WriteString(row)
		if i >= 0 && i < len(all) {
			for _, line := range a.advice(all[i]) {
				a.out.WriteString("  " + clean(line) + "\n")
			}
		}
		i++
	}
}

// idle says whether nobody works on the hook's task queue.
func (h hook) idle() bool { return h.Kind == kindTaskQueue && h.Pollers != nil && *h.Pollers == 0 }

func (h hook) shown() string {
	if h.idle() {
		return "nobody polls " + h.TaskQueue
	}
	return string(h.State)
}

// advice says what an operator can do about a hook, in lines of their own.
func (a *app) advice(h hook) []string {
	var all []string
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	switch {
	case h.idle():
		add("what is for it waits: start a worker on the task queue %s", h.TaskQueue)
	case h.State != onboarding.HookFailing:
		if h.Failures > 0 && h.FailedSince != nil {
			add("%s since %s and nothing delivered: it is tried again, and is failing when that goes on", plural(h.Failures, "failed attempt"), a.time(*h.FailedSince))
		}
	case h.Access:
		add("%s; it opens and shuts access, so it is tried as ever: repair it, and admit hooks test %s tells at once", plural(h.Failures, "failed attempt"), h.Name)
	default:
		next, what := "", "repair it, and admit hooks test "+h.Name+" brings it back at once"
		if h.NextTry != nil {
			next = ", next at " + a.time(*h.NextTry)
		}
		if h.Kind == kindTaskQueue {
			what = "look at what its activity answers"
		}
		add("what is for it waits, and it is tried now and then%s: %s", next, what)
	}
	if h.Parked > 0 {
		add("%s given up on: admit hooks failed %s shows them, admit hooks replay %s --all --reason TEXT sends them again", plural(int(h.Parked), "effect"), h.Name, h.Name)
	}
	return all
}

// age says how long ago something was, "" for never.
func (a *app) age(since *time.Time) string {
	if since == nil || since.IsZero() {
		return ""
	}
	return round(max(a.Now().Sub(*since), 0))
}

func (a *app) hooksTest() *cobra.Command {
	return &cobra.Command{Use: "test NAME", Short: "send a hook the event hook.test at once, and say what it answered", Args: oneHook,
		ValidArgsFunction: a.completeHooks, DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			var got struct {
				Result onboarding.AttemptResult `json:"result"`
				Answer string                   `json:"answer"`
				TookMs int64                    `json:"tookMs"`
			}
			answer, _, err := c.do(cmd.Context(), http.MethodPost, hookPath(args[0], "/test"), nil, &got)
			switch {
			case err != nil:
				return err
			case got.Result == "":
				return c.stranger(http.StatusOK)
			case a.json:
				a.printJSON(answer)
			}
			took := time.Duration(max(got.TookMs, 1)) * time.Millisecond // rounded down over there
			if got.Result != onboarding.AttemptDelivered {
				return failed("%s did not take it: %s, %s after %s", args[0], got.Result, got.Answer, took)
			}
			if !a.json {
				a.out.WriteString(clean(fmt.Sprintf("%s took it: %s after %s", args[0], got.Answer, took)) + "\n")
			}
			return nil
		}}
}

// completeHooks completes the name of a hook as the first argument, by asking the
// API as completeUsers does.
func (a *app) completeHooks(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	c, err := a.client()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, _, err := c.listHooks(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, h := range all {
		if strings.HasPrefix(h.Name, typed) && checkHook(h.Name) == nil {
			names = append(names, h.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
