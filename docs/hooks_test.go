// Package docs_test holds that the documents say what is so.
package docs_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"admit/onboarding"
)

// scriptTime bounds the commands that the document shows.
const scriptTime = time.Minute

// hooks returns the document.
func hooks(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("hooks.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// blocks returns the document's blocks of code of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(hooks(t), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("no block of %s", language)
	}
	return found
}

// section returns what stands under a heading, up to the next one.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(hooks(t), "\n"+heading+"\n")
	if !found {
		t.Fatalf("no heading %q", heading)
	}
	rest, _, _ = strings.Cut(rest, "\n#")
	return rest
}

// TestCatalogue holds that the document lists all events, each once, in the order
// in which everybody else is told of them.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| \\S").FindAllStringSubmatch(section(t, "### Events"), -1) {
		listed = append(listed, m[1])
	}
	if names := onboarding.EventNames(); !slices.Equal(listed, names) {
		t.Errorf("the document lists\n%v\nand the events are\n%v", listed, names)
	}
	if !strings.Contains(hooks(t), "`"+onboarding.EffectHookTest+"`") {
		t.Errorf("the document does not name %s", onboarding.EffectHookTest)
	}
}

// TestFields holds that the document names every field of the data, and each
// status and stage.
func TestFields(t *testing.T) {
	t.Parallel()
	text := section(t, "## What is sent")
	var words []string
	for field := range reflect.TypeFor[onboarding.PayloadData]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		words = append(words, name)
	}
	for _, s := range onboarding.Stages {
		words = append(words, string(s))
	}
	for _, s := range []onboarding.Status{onboarding.StatusAwaitingUser, onboarding.StatusInReview, onboarding.StatusActionRequired,
		onboarding.StatusPassed, onboarding.StatusFailed, onboarding.StatusExpired} {
		words = append(words, string(s))
	}
	for _, w := range words {
		if !strings.Contains(text, "`"+w+"`") {
			t.Errorf("the document does not name %s", w)
		}
	}
}

// TestExamples holds that each example is a payload, field by field, of an event
// that there is.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, example := range append(blocks(t, "json"), blocks(t, "text")...) {
		var p onboarding.Payload
		d := json.NewDecoder(strings.NewReader(example))
		d.DisallowUnknownFields()
		if err := d.Decode(&p); err != nil {
			t.Errorf("%v:\n%s", err, example)
			continue
		}
		again, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := errors.Join(json.Unmarshal([]byte(example), &want), json.Unmarshal(again, &got)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("the example\n%sis sent as\n%s", example, again)
		}
		if !slices.Contains(onboarding.EventNames(), p.Type) {
			t.Errorf("%s is no event", p.Type)
		}
	}
}

// TestSigned holds that the example of a signature is one.
func TestSigned(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile("`(whsec_[A-Za-z0-9+/=]+)`").FindStringSubmatch(section(t, "## Who sends it"))
	if secret == nil {
		t.Fatal("no secret is shown")
	}
	w, err := standardwebhooks.NewWebhook(secret[1])
	if err != nil {
		t.Fatal(err)
	}
	header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(blocks(t, "http")[0] + "\n"))).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	body := strings.TrimSuffix(blocks(t, "text")[0], "\n")
	if err := w.VerifyIgnoringTimestamp([]byte(body), http.Header(header)); err != nil {
		t.Errorf("the example is not well signed: %v", err)
	}
}

// TestNumbers holds the numbers in the document to those that hold.
func TestNumbers(t *testing.T) {
	t.Parallel()
	r := onboarding.DefaultRetry()
	_, access := onboarding.Retry{}.Next(onboarding.Attempt{Result: onboarding.AttemptFailed, RetryAfter: time.Hour}, onboarding.LaneAccess,
		onboarding.Tried{Attempts: 1000, Age: 1000 * time.Hour}, "a key")
	for _, want := range []string{
		fmt.Sprintf("from %d second to %d hour", r.First/time.Second, r.Max/time.Hour),
		fmt.Sprintf("tried again for %d hours, at least %d times", r.GiveUp/time.Hour, onboarding.MinAttempts),
		fmt.Sprintf("after %d of them", r.Refusals),
		fmt.Sprintf("takes nothing for %d hours (`failing_after`), of %d attempts or more", onboarding.DefaultFailingAfter/time.Hour, onboarding.MinFailures),
		map[bool]string{true: "tried at least once a minute"}[access <= time.Minute],
		map[bool]string{true: "Bad news waits a minute"}[onboarding.DefaultPolicy().Settle.D() == time.Minute],
	} {
		if want == "" || !strings.Contains(hooks(t), want) {
			t.Errorf("the document does not say %q, or it is not so", want)
		}
	}
}

// TestTryOut runs what the document says to try against the example receiver, on
// a port of this test's own.
func TestTryOut(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v: make packages installs what the tests use", err)
		}
	}
	const starts = "go run ./cmd/examplereceiver -listen 127.0.0.1:8090 &\n"
	script := blocks(t, "sh")[0]
	before, after, found := strings.Cut(script, starts)
	secrets, exported := strings.CutPrefix(strings.TrimSpace(before), "export ")
	if !found || !exported {
		t.Fatalf("the commands do not start the receiver as this test expects:\n%s", script)
	}
	address := startReceiver(t, secrets)
	after = strings.ReplaceAll(after, "127.0.0.1:8090", address)

	ctx, cancel := context.WithTimeout(t.Context(), scriptTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", before+after).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{" 204 ", `"userId":"user-1","granted":true,"version":1`} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the commands do not show %q:\n%s", want, out)
		}
	}
}

// startReceiver runs the example receiver and returns its address. It does not
// outlive the test.
func startReceiver(t *testing.T, secrets string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "examplereceiver")
	if out, err := exec.Command("go", "build", "-o", binary, "admit/cmd/examplereceiver").CombinedOutput(); err != nil {
		t.Fatalf("build the receiver: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), secrets)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()         // killed, as it was meant to be
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the receiver does not say where it listens: %v", err)
	}
	address, found := strings.CutPrefix(strings.TrimSpace(line), "listening on http://")
	if !found {
		t.Fatalf("the receiver says %q", line)
	}
	return address
}

// TestFailuresAreAsDocumented holds that every class of failure which an operator
// may be shown instead of a status is explained.
func TestFailuresAreAsDocumented(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("..", "activities", "answer.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, classes, _ := strings.Cut(string(source), "\nconst noConnection = ")
	classes, _, _ = strings.Cut(classes, "\n// judge ")
	found := regexp.MustCompile(`(?:return |^)"([^"]+)"`).FindAllStringSubmatch(classes, -1)
	if len(found) < 10 {
		t.Fatalf("only %d classes of failures are found", len(found))
	}
	text := section(t, "## What your answer means")
	for _, class := range found {
		if !strings.Contains(text, "`"+class[1]+"`") {
			t.Errorf("%q is not explained", class[1])
		}
	}
}
