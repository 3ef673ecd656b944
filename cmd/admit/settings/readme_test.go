package settings_test

import (
	"os"
	"strings"
	"testing"

	"admit/cmd/admit/settings"
	"admit/onboarding"
)

const readme = "../../../README.md"

func readReadme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestReadmeNamesEverySetting holds that the README's table is whole.
func TestReadmeNamesEverySetting(t *testing.T) {
	t.Parallel()
	text := readReadme(t)
	for _, name := range settings.Known() {
		if !strings.Contains(text, "`"+name+"`") && !strings.Contains(text, "export "+name+"=") {
			t.Errorf("the README does not name %s", name)
		}
	}
}

// TestReadmeShowsTheDefaults holds that the file in the README is good, and that
// its policy is the one that is built in.
func TestReadmeShowsTheDefaults(t *testing.T) {
	t.Parallel()
	_, rest, found := strings.Cut(readReadme(t), "```yaml\n")
	file, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("the README shows no configuration file")
	}
	config, problems := settings.ParseConfig([]byte(file), func(name string) string {
		if strings.HasPrefix(name, "ADMIT_") {
			return "" // no API of a provider is set
		}
		return "x"
	})
	if len(problems) > 0 {
		t.Fatalf("problems %v", problems)
	}
	if got, want := string(config.Policy.Text()), string(onboarding.DefaultPolicy().Text()); got != want {
		t.Errorf("policy\n  %s\nwant\n  %s", got, want)
	}
	if len(config.Hooks) != 2 || config.Mail == nil || config.Reviewers == nil {
		t.Errorf("hooks %v, mail %v, reviewers %v", config.Hooks, config.Mail, config.Reviewers)
	}
}
