package cli_test

import (
	"os"
	"strings"
	"testing"

	"admit/cmd/admit/cli"
	"admit/onboarding"
)

// TestReadmeNamesEveryCommand holds that the operator's section is whole. That
// what it shows can be run, the end-to-end tests hold.
func TestReadmeNamesEveryCommand(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "## For the operator\n")
	section, _, ended := strings.Cut(rest, "\n## ")
	if !found || !ended {
		t.Fatal("the README has no section for the operator")
	}
	for _, c := range cli.Commands() {
		if !strings.Contains(section, "bin/admit "+c.Name+" ") {
			t.Errorf("it does not show admit %s", c.Name)
		}
		// Its own commands, where it has some.
		_, out, _ := run(t, "", "", c.Name, "--help")
		_, list, _ := strings.Cut(out, "Available Commands:\n")
		list, _, _ = strings.Cut(list, "\n\n")
		for line := range strings.Lines(list) {
			words := strings.Fields(line)
			if c.Name != "events" && !strings.Contains(section, "bin/admit "+c.Name+" "+words[0]) {
				t.Errorf("it does not show admit %s %s", c.Name, words[0])
			}
		}
	}
	for _, name := range onboarding.Commands {
		if !strings.Contains(section, " "+name) {
			t.Errorf("it does not show the command %s", name)
		}
	}
}
