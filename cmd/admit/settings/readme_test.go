package settings_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

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
		return resumeSecret
	})
	if len(problems) > 0 {
		t.Fatalf("problems %v", problems)
	}
	if got, want := string(config.Policy.Text()), string(onboarding.DefaultPolicy().Text()); got != want {
		t.Errorf("policy\n  %s\nwant\n  %s", got, want)
	}
	if len(config.Hooks) != 2 || config.Mail == nil || config.Reviewers == nil || config.Voice.ResumeURL == "" {
		t.Errorf("hooks %v, voice %v, mail %v, reviewers %v", config.Hooks, config.Voice, config.Mail, config.Reviewers)
	}
}

// TestReadmeNamesEveryKey holds that the README's tables name all that a hook can
// say, and what is built in.
func TestReadmeNamesEveryKey(t *testing.T) {
	t.Parallel()
	text := readReadme(t)
	_, problems := settings.ParseConfig([]byte("hooks: [{unknown: 1}]\nnotify: {unknown: 1}"), func(string) string { return "" })
	named := 0
	for _, p := range problems {
		_, keys, unknown := strings.Cut(p.Message, "is unknown here; the keys are ")
		if !unknown {
			continue
		}
		for key := range strings.SplitSeq(keys, ", ") {
			if named++; !strings.Contains(text, key+":") && !strings.Contains(text, "`"+key+"`") {
				t.Errorf("the README does not name %s", key)
			}
		}
	}
	if named < 20 {
		t.Errorf("%d keys are looked for, of %v", named, problems)
	}
	built := onboarding.DefaultRetry()
	for _, want := range []string{
		fmt.Sprintf("`{first: %s, max: %s, give_up: %s, refusals: %d}`", short(built.First), short(built.Max), short(built.GiveUp), built.Refusals),
		"| `" + short(onboarding.DefaultFailingAfter) + "` |", fmt.Sprintf("after %d attempts", onboarding.MinFailures),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the README does not say %s", want)
		}
	}
}

// short writes a duration without what is zero in it.
func short(d time.Duration) string {
	return strings.ReplaceAll(strings.ReplaceAll(d.String(), "m0s", "m"), "h0m", "h")
}
