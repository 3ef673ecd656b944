package cli

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"admit/onboarding"
)

// Notify puts into words what users are told, with nothing behind it but files.
// Its errors are shown as they are.
type Notify struct {
	// Preview returns a message as a user would get it, made of samples where the
	// request says nothing.
	Preview func(PreviewRequest) (onboarding.Rendered, error)
	// Reasons returns all reason codes that are known, with what is said of each in a
	// language. templatesDir is as in PreviewRequest.
	Reasons func(templatesDir, language string) ([]ReasonLine, error)
}

// PreviewRequest says which message is to be shown. Zero fields are for Notify to
// choose.
type PreviewRequest struct {
	TemplatesDir string // the merchant's own texts; "" for those that are built in
	Template     string // one of the messages, without a number, or of the mails to reviewers
	Language     string // BCP 47
	Checks       []onboarding.Check
	Reasons      []string // codes
	Stage        onboarding.Stage
	Number       int  // of a reminder: which one
	Last         bool // of a reminder: that no other comes
}

// ReasonLine is what is said to a user of one reason code.
type ReasonLine struct {
	Code     string
	Class    string // say, neutral or silent
	Sentence string
}

// messages are what users are told.
var messages = []string{
	messageOf(onboarding.NotifyActionRequired), messageOf(onboarding.NotifyExpired), messageOf(onboarding.NotifyReminder),
	messageOf(onboarding.NotifyApproved), messageOf(onboarding.NotifySuspended), messageOf(onboarding.NotifyRejected), messageOf(onboarding.NotifyReinstated),
}

// toReviewers are the mails to those who look at users.
var toReviewers = []string{"review", "surge", "digest"}

// ToReviewers says whether what is to be shown is a mail to reviewers.
func (r PreviewRequest) ToReviewers() bool { return slices.Contains(toReviewers, r.Template) }

const reminder = "reminder"

func messageOf(effect string) string { return strings.TrimPrefix(effect, "notify.") }

func (a *app) notify() *cobra.Command {
	return group("notify", "admit notify preview TEMPLATE, or admit notify reasons", a.preview(), a.reasons())
}

func (a *app) preview() *cobra.Command {
	var r PreviewRequest
	var checks []string
	var stage string
	var html bool
	cmd := &cobra.Command{Use: "preview TEMPLATE", Short: "show a message as a user would get it", DisableFlagsInUseLine: true, ValidArgs: slices.Concat(messages, toReviewers),
		Long: "Shows a message as a user would get it. TEMPLATE is one of " + strings.Join(messages, ", ") + ",\n" +
			"or as in the names of files reminder.2 and reminder.last; of the mails to reviewers it is " + strings.Join(toReviewers, ", ") + ".\n" +
			"It asks nobody, and needs no token."}
	flags := cmd.Flags()
	flags.StringVar(&r.Language, "lang", "en", "the user's `LANGUAGE`, de or de-AT")
	flags.StringSliceVar(&checks, "check", nil, "the `CHECK` that is asked for, or several with commas: "+joined(onboarding.Checks[:]))
	flags.StringSliceVar(&r.Reasons, "reason", nil, "the provider's reason `CODE`, or several with commas; admit notify reasons shows them")
	flags.StringVar(&stage, "stage", "", "the user's `STAGE`: "+joined(onboarding.Stages[:]))
	flags.IntVar(&r.Number, "number", 0, "of a reminder: which one, `N` from 1 on")
	flags.BoolVar(&html, "html", false, "the HTML alone, to be kept in a file and looked at in a browser")
	addTemplates(cmd, &r.TemplatesDir)
	completes(cmd, "check", onboarding.Checks[:])
	completes(cmd, "stage", onboarding.Stages[:])
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 0:
			return usage("TEMPLATE is missing: it is one of %s, and to reviewers %s", strings.Join(messages, ", "), strings.Join(toReviewers, ", "))
		case len(args) > 1:
			return usage("unexpected argument %q: %s", args[1], cmd.UseLine())
		}
		return nil
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		r.Stage = onboarding.Stage(stage)
		for _, c := range checks {
			r.Checks = append(r.Checks, onboarding.Check(c))
		}
		if err := r.complete(args[0]); err != nil {
			return err
		}
		return a.showPreview(r, html)
	}
	return cmd
}

func addTemplates(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "templates", "", "the `FOLDER` with your own texts (default: those that are built in)")
}

// complete reads the template's name, and checks the rest.
func (r *PreviewRequest) complete(name string) error {
	r.Template = name
	if which, numbered := strings.CutPrefix(name, reminder+"."); numbered {
		r.Template = reminder
		n, err := strconv.ParseUint(which, 10, 16)
		switch r.Last = which == "last"; {
		case r.Last:
		case err != nil || n == 0:
			return usage("%q is no reminder; they are reminder.1, reminder.2 and so on, and reminder.last", name)
		case r.Number != 0:
			return usage("%s and --number exclude each other", name)
		default:
			r.Number = int(n)
		}
	}
	switch {
	case !slices.Contains(messages, r.Template) && !r.ToReviewers():
		return usage("%q is no message; they are %s, and to reviewers %s", name, strings.Join(messages, ", "), strings.Join(toReviewers, ", "))
	case r.Number < 0 || r.Number > 0 && r.Template != reminder:
		return usage("--number counts reminders, from 1 on")
	case r.Stage != "" && !r.Stage.Valid():
		return usage("--stage %q is no stage; the stages are %s", r.Stage, joined(onboarding.Stages[:]))
	}
	for _, c := range r.Checks {
		if !c.Valid() {
			return usage("--check %q is no check; the checks are %s", c, joined(onboarding.Checks[:]))
		}
	}
	return nil
}

func (a *app) showPreview(r PreviewRequest, html bool) error {
	if a.Notify.Preview == nil {
		return failed("this binary renders no messages")
	}
	got, err := a.Notify.Preview(r)
	if err != nil {
		return failed("%v", err)
	}
	if !strings.EqualFold(base(got.Language), base(r.Language)) {
		a.tell("there is no text in %s of its own; this one is in %s", r.Language, got.Language)
	}
	switch {
	case a.json:
		text, err := json.Marshal(got)
		if err != nil {
			return failed("the message cannot be written: %v", err)
		}
		a.printJSON(text)
	case html && got.HTML == "":
		return failed("the message has no HTML")
	case html:
		// For a browser, byte by byte: it holds samples and the merchant's own texts alone.
		a.out.WriteString(got.HTML)
	default:
		a.out.WriteString("Subject: " + clean(got.Subject) + "\n\n" + strings.TrimRight(lines(got.Text), "\n") + "\n")
	}
	return nil
}

// base returns the language of a tag without its region.
func base(tag string) string {
	language, _, _ := strings.Cut(tag, "-")
	return language
}

// reasonItem is what is said of a reason code, by language.
type reasonItem struct {
	Code      string            `json:"code"`
	Class     string            `json:"class"`
	Sentences map[string]string `json:"sentences"`
}

func (a *app) reasons() *cobra.Command {
	var languages []string
	var dir string
	cmd := &cobra.Command{Use: "reasons", Short: "list the providers' reason codes, and what users are told of each", Args: arguments(),
		Long: "Lists the reason codes that are known, their class, and what a user is told of each:\n" +
			"say has a sentence, neutral only says that it has to be done again, and of silent the user hears nothing. It asks nobody, and needs no token."}
	cmd.Flags().StringSliceVar(&languages, "lang", []string{"en"}, "the `LANGUAGE`, or several with commas: de,en")
	addTemplates(cmd, &dir)
	cmd.RunE = func(*cobra.Command, []string) error {
		items, err := a.reasonItems(dir, languages)
		switch {
		case err != nil:
			return err
		case a.json:
			text, err := json.Marshal(map[string]any{"items": items})
			if err != nil {
				return failed("the reasons cannot be written: %v", err)
			}
			a.printJSON(text)
			return nil
		}
		t := a.table(append([]string{"CODE", "CLASS"}, languages...)...)
		for _, item := range items {
			cells := []string{item.Code, item.Class}
			for _, language := range languages {
				cells = append(cells, item.Sentences[language])
			}
			t.row(cells...)
		}
		t.flush()
		return nil
	}
	return cmd
}

// reasonItems puts the languages beside each other, in the order of the first.
func (a *app) reasonItems(dir string, languages []string) ([]reasonItem, error) {
	if a.Notify.Reasons == nil {
		return nil, failed("this binary renders no messages")
	}
	items, places := []reasonItem{}, map[string]int{}
	for _, language := range languages {
		if strings.TrimSpace(language) == "" {
			return nil, usage("--lang names no language; it looks like de or de,en")
		}
		all, err := a.Notify.Reasons(dir, language)
		if err != nil {
			return nil, failed("%v", err)
		}
		for _, line := range all {
			i, known := places[line.Code]
			if !known {
				i = len(items)
				places[line.Code] = i
				items = append(items, reasonItem{Code: line.Code, Class: line.Class, Sentences: map[string]string{}})
			}
			items[i].Sentences[language] = line.Sentence
		}
	}
	return items, nil
}
