package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// What is asked for is what is rendered, without a token and with nobody there.
func TestPreview(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args, want string
	}{
		{"approved", "{TemplatesDir: Template:approved Language:en Checks:[] Reasons:[] Stage: Number:0 Last:false}"},
		{"action_required --lang de --check kyc,poa --reason BAD_SELFIE --reason OTHER --stage suspended --templates mine",
			"{TemplatesDir:mine Template:action_required Language:de Checks:[kyc poa] Reasons:[BAD_SELFIE OTHER] Stage:suspended Number:0 Last:false}"},
		{"reminder --number 2", "{TemplatesDir: Template:reminder Language:en Checks:[] Reasons:[] Stage: Number:2 Last:false}"},
		{"reminder.3", "{TemplatesDir: Template:reminder Language:en Checks:[] Reasons:[] Stage: Number:3 Last:false}"},
		{"reminder.last --number 4", "{TemplatesDir: Template:reminder Language:en Checks:[] Reasons:[] Stage: Number:4 Last:true}"},
	} {
		code, out, said := run(t, "http://127.0.0.1:1", "", append([]string{"notify", "preview"}, strings.Fields(c.args)...)...)
		subject, text, _ := strings.Cut(out, "\n\n")
		if code != cli.ExitDone || !strings.HasPrefix(subject, "Subject: About ") || text != c.want+"\n\nBye\n" {
			t.Errorf("%s: exit %d: %s%s", c.args, code, out, said)
		}
		if (said != "") != strings.Contains(c.args, "--lang de") || said != "" && !strings.Contains(said, "no text in de of its own; this one is in en") {
			t.Errorf("%s: %s", c.args, said)
		}
	}
}

func TestPreviewForms(t *testing.T) {
	t.Parallel()
	code, out, said := run(t, "", "", "notify", "preview", "approved", "--html", "--lang", "de-AT")
	if code != cli.ExitDone || out != "<p>\u200capproved</p>\n" || said != "" {
		t.Errorf("exit %d: %q%s", code, out, said)
	}
	code, out, said = run(t, "", "", "notify", "preview", "approved", "--json")
	var got onboarding.Rendered
	if err := json.Unmarshal([]byte(out), &got); code != cli.ExitDone || err != nil || got.Subject != "About approved" || got.HTML == "" {
		t.Errorf("exit %d, %v: %s%s", code, err, out, said)
	}
	for dir, says := range map[string]string{"broken": "admit: de/approved.txt:3: something is missing\n", "plain": "admit: the message has no HTML\n"} {
		code, out, said = run(t, "", "", "notify", "preview", "approved", "--html", "--templates", dir)
		if code != cli.ExitFailed || out != "" || said != says {
			t.Errorf("%s: exit %d: %s%s", dir, code, out, said)
		}
	}
	if code, _, said := run(t, "", "", "notify", "reasons", "--templates", "broken"); code != cli.ExitFailed || said != "admit: reasons.txt is missing\n" {
		t.Errorf("exit %d: %s", code, said)
	}
}

// A binary that was not given the words says so.
func TestPreviewWithoutWords(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"notify", "preview", "approved"}, {"notify", "reasons"}} {
		var out, said strings.Builder
		code := cli.Run(t.Context(), args, cli.Surroundings{Env: func(string) string { return "" }, Stdout: &out, Stderr: &said})
		if code != cli.ExitFailed || said.String() != "admit: this binary renders no messages\n" {
			t.Errorf("%v: exit %d: %s%s", args, code, &out, &said)
		}
	}
}
