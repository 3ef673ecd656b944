package composecheck_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// buildVersion is what the tests pass as the build argument VERSION.
const buildVersion = "v0.0.0-composecheck"

// ignore returns whether .dockerignore keeps a path of the repository out of the
// build.
func ignore(t *testing.T) func(path string) bool {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(read(t, ".dockerignore")))
	if err != nil {
		t.Fatal(err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) bool {
		matched, err := matcher.MatchesOrParentMatches(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return matched
	}
}

// sendContext copies to dir what the builder would be sent.
func sendContext(t *testing.T, dir string) {
	t.Helper()
	ignored := ignore(t)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // somebody's passing file
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil || name == "." {
			return err
		}
		switch {
		case ignored(name) && entry.IsDir():
			return fs.SkipDir
		case ignored(name):
			return nil
		case entry.IsDir():
			return os.Mkdir(filepath.Join(dir, name), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

var built struct {
	sync.Once
	path string
	out  []byte
	err  error
}

// product runs the Dockerfile's build step, as it is written there, in a copy of
// what the builder would be sent, and returns the binary. It runs once.
func product(t *testing.T) string {
	t.Helper()
	command, binary := dockerfile(t).buildStep(t)
	built.Do(func() {
		built.err = errors.New("the build was broken off")
		dir := filepath.Join(scratch, "src")
		if built.err = os.Mkdir(dir, 0o755); built.err != nil {
			return
		}
		sendContext(t, dir)
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH, "VERSION="+buildVersion)
		built.out, built.err = cmd.CombinedOutput()
		built.path = filepath.Join(dir, binary)
	})
	if built.err != nil {
		t.Fatalf("%s\n%v\n%s", command, built.err, built.out)
	}
	return built.path
}

func TestBuildMakesAStaticBinary(t *testing.T) {
	t.Parallel()
	file, err := elf.Open(product(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // read only
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP {
			t.Error("the binary asks for a dynamic loader, which the image has not")
		}
	}
	if libraries, err := file.ImportedLibraries(); err == nil && len(libraries) > 0 {
		t.Errorf("the binary asks for the libraries %v, which the image has not", libraries)
	}
}

// TestBuildKnowsItsVersion holds that the argument VERSION ends up in what the
// process tells of itself.
func TestBuildKnowsItsVersion(t *testing.T) {
	t.Parallel()
	if out, code := admit(t, "version"); code != 0 || !strings.Contains(out, buildVersion) {
		t.Errorf("admit version: exit status %d, %q", code, out)
	}
}

// TestBuildNamesItself runs the build step with a command in go's place: without
// a version the build has a name all the same, another one for other sources.
func TestBuildNamesItself(t *testing.T) {
	t.Parallel()
	step, _ := dockerfile(t).buildStep(t)
	named := func(version string, sources map[string]string) string {
		path, calls := tool(t, "go", "")
		dir := t.TempDir()
		for name, text := range sources {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("sh", "-c", step)
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + path, "VERSION=" + version}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", step, err, out)
		}
		call, err := os.ReadFile(calls)
		if err != nil {
			t.Fatal(err)
		}
		match := regexp.MustCompile(`-X main\.version=(\S+) `).FindSubmatch(call)
		if match == nil {
			t.Fatalf("go was called with %s", call)
		}
		return string(match[1])
	}
	one, other := map[string]string{"a.go": "1", "b.go": "2"}, map[string]string{"a.go": "2", "b.go": "1"}
	name := named("", one)
	if !regexp.MustCompile(`^src-[0-9a-f]{12}$`).MatchString(name) {
		t.Errorf("the build is called %q", name)
	}
	if again := named("", one); again != name {
		t.Errorf("the same sources are called %q and %q", name, again)
	}
	if another := named("", other); another == name {
		t.Errorf("other sources are called %q, too", another)
	}
	if got := named("v1.2.3", one); got != "v1.2.3" {
		t.Errorf("v1.2.3 is called %q", got)
	}
}

// admit runs the built binary as in the image, with no environment.
func admit(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.Command(product(t), args...)
	cmd.Env = []string{}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

var listed = regexp.MustCompile(`(?m)^\s+admit (\S+)`)

// TestCommandsAreTheProducts holds every command of the compose file and of the
// image to those that admit help lists.
func TestCommandsAreTheProducts(t *testing.T) {
	t.Parallel()
	out, code := admit(t, "help")
	if code != 0 {
		t.Fatalf("admit help: exit status %d\n%s", code, out)
	}
	var known []string
	for _, match := range listed.FindAllStringSubmatch(out, -1) {
		known = append(known, match[1])
	}
	i := dockerfile(t)
	entrypoint := one[*instructions.EntrypointCommand](t, i.final).CmdLine[0]
	used := map[string]string{
		"CMD":         strings.Join(one[*instructions.CmdCommand](t, i.final).CmdLine, " "),
		"HEALTHCHECK": probe(t, entrypoint, one[*instructions.HealthCheckCommand](t, i.final).Health.Test),
	}
	for name, s := range project(t).Services {
		if !ours(s) {
			continue
		}
		if len(s.Entrypoint) > 0 {
			t.Errorf("%s: another entrypoint than the image's: %v", name, s.Entrypoint)
		}
		used[name] = strings.Join(s.Command, " ")
		if checked(s) {
			used[name+"'s health check"] = probe(t, entrypoint, s.HealthCheck.Test)
		}
	}
	for where, command := range used {
		if !slices.Contains(known, command) {
			t.Errorf("%s runs admit %s, which is none of %v", where, command, known)
			continue
		}
		if out, code := admit(t, command, "-h"); code != 0 {
			t.Errorf("admit %s -h: exit status %d\n%s", command, code, out)
		}
	}
}

// probe returns the command that a health check runs with the image's binary.
func probe(t *testing.T, entrypoint string, test []string) string {
	t.Helper()
	if len(test) != 3 || test[0] != "CMD" || test[1] != entrypoint {
		t.Errorf("the health check %v does not run %s", test, entrypoint)
		return ""
	}
	return test[2]
}

// TestBuildBringsItsZones holds that the binary has the time zones inside, for the
// image has none.
func TestBuildBringsItsZones(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "list", "-deps", "./cmd/admit")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(strings.Fields(string(out)), "time/tzdata") {
		t.Error("cmd/admit does not import time/tzdata")
	}
}
