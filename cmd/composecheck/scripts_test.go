package composecheck_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var scripts = []string{"deploy/postgres/init.sh", "deploy/temporal/schema.sh", "deploy/temporal/namespace.sh"}

func TestScriptsParse(t *testing.T) {
	t.Parallel()
	for _, script := range scripts {
		if out, err := exec.Command("sh", "-n", filepath.Join(root, script)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
		info, err := os.Stat(filepath.Join(root, script))
		if err != nil {
			t.Fatal(err)
		}
		// PostgreSQL's image runs init.sh as another user than its owner.
		if info.Mode().Perm()&0o555 != 0o555 {
			t.Errorf("%s: mode %v, others cannot run it", script, info.Mode())
		}
	}
}

// tool puts a command of the given name on a path of its own. It writes its
// arguments to the file calls, and then runs body.
func tool(t *testing.T, name, body string) (path, calls string) {
	t.Helper()
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	script := "#!/bin/sh\necho \"$@\" >> " + calls + "\n" + body + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir + string(os.PathListSeparator) + os.Getenv("PATH"), calls
}

// TestNamespaceScript runs the script with a command in the temporal command's
// place, and holds which calls it makes.
func TestNamespaceScript(t *testing.T) {
	t.Parallel()
	const (
		health   = "operator cluster health\n"
		describe = "operator namespace describe --namespace admit\n"
		create   = "operator namespace create --namespace admit --retention 30d\n"
		list     = "workflow list --namespace admit --limit 1\n"
	)
	for _, c := range []struct {
		name, body string
		fails      bool
		calls      string
	}{
		{name: "new", body: `[ "$3" != describe ]`, calls: health + describe + create + list},
		{name: "there already", body: "exit 0", calls: health + describe},
		{name: "cannot be made", body: `[ "$3" = health ]`, fails: true, calls: health + describe + create},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path, calls := tool(t, "temporal", c.body)
			cmd := exec.Command("sh", filepath.Join(root, "deploy/temporal/namespace.sh"))
			cmd.Env = []string{"PATH=" + path, "TEMPORAL_ADDRESS=temporal:7233", "TEMPORAL_NAMESPACE=admit", "RETENTION=30d"}
			if out, err := cmd.CombinedOutput(); (err != nil) != c.fails {
				t.Errorf("ended with %v\n%s", err, out)
			}
			got, err := os.ReadFile(calls)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.calls {
				t.Errorf("calls:\n%swant:\n%s", got, c.calls)
			}
		})
	}
}

func TestScriptsNameWhatIsMissing(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"deploy/postgres/init.sh":      "POSTGRES_TEMPORAL_PASSWORD",
		"deploy/temporal/namespace.sh": "TEMPORAL_ADDRESS",
	} {
		cmd := exec.Command("sh", filepath.Join(root, script))
		cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%s without variables: %v, %s", script, err, out)
		}
	}
}

// TestSchemaScriptStopsAtTheFirstFailure holds that a schema that could not be
// made is not passed over: Temporal would start on it.
func TestSchemaScriptStopsAtTheFirstFailure(t *testing.T) {
	t.Parallel()
	path, calls := tool(t, "temporal-sql-tool", `[ "$3" != update-schema ]`)
	cmd := exec.Command("sh", filepath.Join(root, "deploy/temporal/schema.sh"))
	cmd.Env = []string{"PATH=" + path}
	if err := cmd.Run(); err == nil {
		t.Error("ended well")
	}
	got, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if want := "--db temporal setup-schema -v 0.0\n--db temporal update-schema --schema-name postgresql/v12/temporal\n"; string(got) != want {
		t.Errorf("calls:\n%swant:\n%s", got, want)
	}
}
