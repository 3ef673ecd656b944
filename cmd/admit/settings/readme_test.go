package settings_test

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

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

// readmeFile returns the configuration file that the README shows.
func readmeFile(t *testing.T, text string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "```yaml\n")
	file, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("the README shows no configuration file")
	}
	return file
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
	config, problems := settings.ParseConfig([]byte(readmeFile(t, readReadme(t))), func(name string) string {
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

// TestReadmeNamesEveryKey holds that the README's file and its tables name the keys
// that the file may have, and no others, and what is built in.
func TestReadmeNamesEveryKey(t *testing.T) {
	t.Parallel()
	known, told := map[string]bool{}, map[string]bool{}
	knownKeys(known, "", "%s")
	text := readReadme(t)
	toldInFile(t, told, text)
	toldInTables(told, text)
	if strings.Contains(text, "`notify.email` takes a `retry`, too") {
		for _, key := range []string{"", ".first", ".max", ".give_up", ".refusals"} {
			told["notify.email.retry"+key] = told["hooks.retry"+key]
		}
	}
	for path := range known {
		if !told[path] {
			t.Errorf("the README does not name %s", path)
		}
	}
	for path := range told {
		if !known[path] {
			t.Errorf("the README names %s, which there is not", path)
		}
	}
	if len(known) < 60 {
		t.Errorf("%d keys are known: %v", len(known), slices.Sorted(maps.Keys(known)))
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

// knownKeys asks with a key that there is not which keys may stand at a path, and in
// each of them. file holds, with a place for what stands at the path, the keys above.
func knownKeys(known map[string]bool, path, file string) {
	for _, form := range []string{"{unknown: 1}", "[{unknown: 1}]"} {
		_, problems := settings.ParseConfig(fmt.Appendf(nil, file, form), func(string) string { return "" })
		for _, p := range problems {
			_, list, unknown := strings.Cut(p.Message, "is unknown here; the keys are ")
			if !unknown || p.Name != strings.TrimPrefix(path+".unknown", ".") {
				continue
			}
			for key := range strings.SplitSeq(list, ", ") {
				at := strings.TrimPrefix(path+"."+key, ".")
				known[anyStage(at)] = true
				knownKeys(known, at, fmt.Sprintf(file, strings.Replace(form, "unknown: 1", key+": %s", 1)))
			}
		}
	}
}

// anyStage puts a place into the path of what each stage may say: the README need not
// show all of it for each.
func anyStage(path string) string {
	if keys := strings.Split(path, "."); len(keys) == 4 && keys[1] == "stall" {
		keys[2] = "*"
		return strings.Join(keys, ".")
	}
	return path
}

// builtIn finds a key that the README's file shows in a comment alone, for what is
// built in depends.
var builtIn = regexp.MustCompile(`(?m)^( +)# (\w+: )`)

// toldInFile collects the paths of the README's file.
func toldInFile(t *testing.T, told map[string]bool, text string) {
	t.Helper()
	var file yaml.Node
	if err := yaml.Unmarshal([]byte(builtIn.ReplaceAllString(readmeFile(t, text), "$1$2")), &file); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, n *yaml.Node)
	walk = func(path string, n *yaml.Node) {
		for i, child := range n.Content {
			switch {
			case n.Kind != yaml.MappingNode:
				walk(path, child)
			case i%2 == 1:
				at := strings.TrimPrefix(path+"."+n.Content[i-1].Value, ".")
				told[anyStage(at)] = true
				walk(at, child)
			}
		}
	}
	walk("", &file)
}

var (
	keys   = regexp.MustCompile("`([a-z_]+)`")
	inside = regexp.MustCompile("^`\\{([a-z_, ]+)\\}`")
)

// toldInTables collects the paths of the tables about what a hook can say: of each row
// the keys in its first cell, and those with which its second one begins.
func toldInTables(told map[string]bool, text string) {
	for table := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(table, "| key | meaning |") {
			continue
		}
		for row := range strings.Lines(table) {
			first, second, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
			for _, key := range keys.FindAllStringSubmatch(first, -1) {
				told["hooks."+key[1]] = true
				for _, list := range inside.FindAllStringSubmatch(second, -1) {
					for below := range strings.SplitSeq(list[1], ", ") {
						told["hooks."+key[1]+"."+below] = true
					}
				}
			}
		}
	}
}

// short writes a duration without what is zero in it.
func short(d time.Duration) string {
	return strings.ReplaceAll(strings.ReplaceAll(d.String(), "m0s", "m"), "h0m", "h")
}
