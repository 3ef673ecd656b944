package main

import (
	"bytes"
	"strings"
	"testing"
)

// said runs admit and returns its exit code and what it wrote.
func said(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var toOut, toErr bytes.Buffer
	code = dispatchCommand(t.Context(), args, process{in: strings.NewReader(""), out: &toOut, err: &toErr})
	return code, toOut.String(), toErr.String()
}

// TestHelpOfACommand holds that each command has a help of its own, by either way.
func TestHelpOfACommand(t *testing.T) {
	t.Parallel()
	_, general, _ := said(t, "help")
	for _, c := range commands() {
		code, out, errs := said(t, "help", c.name)
		if code != exitOK || out == general || !strings.Contains(out, "admit "+c.name) || errs != "" {
			t.Errorf("admit help %s: exit code %d, %s%s", c.name, code, out, errs)
		}
		if _, same, _ := said(t, c.name, "--help"); same != out {
			t.Errorf("admit %s --help prints\n%s\nnot\n%s", c.name, same, out)
		}
	}
	if code, out, _ := said(t, "help", "events", "list"); code != exitOK || !strings.Contains(out, "admit events list [flags]") {
		t.Errorf("admit help events list: exit code %d, %s", code, out)
	}
	if code, out, errs := said(t, "help", "approve"); code != exitUsage || out != "" || !strings.Contains(errs, `no command "approve"`) {
		t.Errorf("admit help approve: exit code %d, %s%s", code, out, errs)
	}
}

// TestMistakesAreToldAside holds that a command called wrongly leaves standard
// output alone.
func TestMistakesAreToldAside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, says, about string }{
		{"serve -x", "-x", "admit serve: run until"},
		{"health now", `unexpected argument "now"`, ""},
		{"version -x", "-x", "admit version: "},
		{"replay-histories --all", "-all", "replay N at most"},
		{"config chekc", "", "admit config check FILE"},
	} {
		code, out, errs := said(t, strings.Fields(c.args)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, c.says) || !strings.Contains(errs, c.about) {
			t.Errorf("admit %s: exit code %d, out %q, err %q", c.args, code, out, errs)
		}
	}
}
