package cli

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// Shells that a completion script can be printed for.
var shells = []string{"bash", "zsh", "fish"}

func (a *app) completion() *cobra.Command {
	cmd := &cobra.Command{Use: "completion SHELL", Short: help("completion"), ValidArgs: shells, DisableFlagsInUseLine: true,
		Long: "Prints a script that completes commands, flags, stages, checks and user IDs in your shell, " + strings.Join(shells, ", ") + ".\n" +
			"For this session: source <(admit completion bash). User IDs are asked of the admin API when ADMIT_TOKEN is set.",
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usage("SHELL is missing: it is one of %s", strings.Join(shells, ", "))
			case len(args) > 1:
				return usage("unexpected argument %q: %s", args[1], cmd.UseLine())
			}
			return nil
		}}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		root := cmd.Root()
		var err error
		switch args[0] {
		case "bash":
			err = root.GenBashCompletionV2(&a.out, true)
		case "zsh":
			err = root.GenZshCompletion(&a.out)
		case "fish":
			err = root.GenFishCompletion(&a.out, true)
		default:
			return usage("%q is no shell that is known; they are %s", args[0], strings.Join(shells, ", "))
		}
		if err != nil {
			return failed("the script cannot be written: %v", err)
		}
		return nil
	}
	return cmd
}

// addOthers gives the completion the commands that others run.
func (a *app) addOthers(root *cobra.Command) {
	for _, c := range a.Others {
		root.AddCommand(&cobra.Command{Use: c.Name, Short: c.Help, DisableFlagParsing: true, Run: func(*cobra.Command, []string) {}})
	}
}

// completes completes a flag with the words of a list.
func completes[T ~string](cmd *cobra.Command, flag string, words []T) {
	all := make([]cobra.Completion, len(words))
	for i, w := range words {
		all[i] = string(w)
	}
	// It fails only for a flag that the command has not, which a test would show.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp))
}

// completeUserThen completes a user's ID as the first argument, and the words as
// the second.
func (a *app) completeUserThen(words []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return a.completeUsers(cmd, args, typed)
		case 1:
			return words, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// How long and how many users are asked for while somebody waits at a prompt.
const (
	completionTime  = time.Second
	completionUsers = 50
)

// completeUsers completes a user's ID by asking the API, where there is a token.
// Whatever goes wrong, nothing is completed: a prompt is no place for a message.
func (a *app) completeUsers(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	c, err := a.client()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	query := url.Values{"limit": {strconv.Itoa(completionUsers)}}
	if typed != "" {
		query.Set("after", typed) // IDs are listed byte by byte, so those that begin with it come right behind it
	}
	var page struct{ Items []onboarding.Onboarding }
	if _, err := c.get(ctx, "/v1/onboardings", query, &page); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var ids []cobra.Completion
	for _, o := range page.Items {
		// A shell puts what is completed into the line as it is: only IDs that need no
		// quotes are offered.
		if strings.HasPrefix(o.UserID, typed) && quoted(o.UserID) == o.UserID && !strings.HasPrefix(o.UserID, "-") {
			ids = append(ids, o.UserID)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
