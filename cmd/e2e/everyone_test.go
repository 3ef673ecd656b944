package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	svix "github.com/svix/svix-webhooks/go"
)

// everyone is all who can be told of a user, each of them a program or a library
// that is not Admit's.
type everyone struct {
	core, other, push  *sink     // verified by one public library, by another; for what is said to users
	box                *postbox  // the user's mailbox
	gate               *receiver // lets users in
	goWorker, tsWorker *child
}

// receiver is the reference receiver of access hooks.
type receiver struct {
	*child
	url string
}

// TestApprovalReachesEveryone has one approval reach at once two HTTP hooks, each
// verified by a public library, a receiver of access hooks, other teams' workers in
// two languages, the user's mailbox, and who has a channel to users of their own;
// and the timeline list each with its attempts.
func TestApprovalReachesEveryone(t *testing.T) {
	t.Parallel()
	verifier, err := svix.NewWebhook(hookSecret)
	if err != nil {
		t.Fatal(err)
	}
	all := everyone{core: newSink(t), other: newSinkBy(t, verifier), push: newSink(t), box: newPostbox(t), gate: startReceiver(t)}
	s := newSystem(t, options{config: noJitter + "hooks:\n" + all.core.hook(`"*"`) +
		hookAt(all.other.server.URL, "other", `"access.*", "onboarding.*"`, "") +
		hookAt(all.push.server.URL, "push", `"notify.*"`, "") +
		hookAt(all.gate.url+"/hooks/admit", "gate", `"access.*"`, "") +
		"  - {name: crm-go, task_queue: crm-go, activity: OnOnboardingEvent, events: [\"onboarding.*\", \"access.*\"]}\n" +
		"  - {name: crm-ts, task_queue: crm-ts, activity: OnOnboardingEvent, events: [\"onboarding.*\", \"access.*\"]}\n" + all.box.config()})
	s.serve()
	all.goWorker, all.tsWorker = s.startGoWorker("crm-go"), s.startTypeScriptWorker("crm-ts")
	user := s.user(1)
	address := user + "@example.com"
	s.started(user, map[string]string{"email": address, "locale": "de-AT", "name": "Kim Example"})
	s.settled()

	posted := time.Now()
	s.accepted(pathKYC, kyc(user, "VERIFIED", ""))
	s.settled()
	t.Logf("everyone was told %v after the webhook was sent", time.Since(posted).Round(time.Millisecond))
	for name, k := range map[string]*sink{"core": all.core, "other": all.other} {
		calls := k.of(user, "access.granted")
		if len(calls) != 1 {
			t.Fatalf("%s was told of the grant %d times", name, len(calls))
		}
		if d := calls[0].Data; d.Access != "granted" || d.AccessVersion != 1 || d.Stage != "approved" || d.Checks["kyc"] != "passed" {
			t.Errorf("%s got %s", name, calls[0].Raw)
		}
		if again := k.twice(); len(again) > 0 {
			t.Errorf("%s was delivered to twice: %v", name, again)
		}
	}
	for _, w := range []*child{all.goWorker, all.tsWorker} {
		for _, kind := range []string{"onboarding.started", "onboarding.approved", "access.granted"} {
			w.did(t, kind, user)
		}
	}
	all.gate.lets(t, s, user)
	subject := all.mailed(t, address)
	all.pushed(t, user, subject)
	s.listsAll(t, user)
}

// mailed holds the mail about the approval and returns its subject.
func (all everyone) mailed(t *testing.T, address string) string {
	t.Helper()
	mails := all.box.to(address)
	if len(mails) != 1 {
		t.Fatalf("%d mails came to the user", len(mails))
	}
	m := mails[0]
	for name, text := range map[string]string{"text": m.Text, "HTML": m.HTML} {
		if !strings.Contains(text, "Kim Example") || !strings.Contains(text, "erzlich willkommen") {
			t.Errorf("its %s is\n%s", name, text)
		}
	}
	if !strings.Contains(m.HTML, `lang="de"`) {
		t.Errorf("the HTML does not say that it is German:\n%s", m.HTML)
	}
	return m.Subject
}

// pushed holds that who has a channel of their own got what the mail says.
func (all everyone) pushed(t *testing.T, user, subject string) {
	t.Helper()
	calls := all.push.of(user)
	if len(calls) != 1 || calls[0].Type != "notify.approved" {
		t.Fatalf("who has a channel of their own was told %+v", calls)
	}
	var body struct {
		Data struct {
			Message struct {
				Template string
				Rendered struct{ Language, Subject, Text, HTML string }
			}
		}
	}
	if err := json.Unmarshal(calls[0].Raw, &body); err != nil {
		t.Fatal(err)
	}
	m := body.Data.Message
	if m.Template != "approved" || m.Rendered.Language != "de" || m.Rendered.Subject != subject || !strings.Contains(m.Rendered.Text, "Kim Example") {
		t.Errorf("who has a channel of their own got %s", calls[0].Raw)
	}
}

// listsAll holds that the timeline lists each effect, and shows the list.
func (s *system) listsAll(t *testing.T, user string) {
	t.Helper()
	entries, err := s.timeline(user)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{"core": "204", "other": "204", "push": "204", "gate": "204", "crm-go": "completed", "crm-ts": "completed", "mail": "250"}
	var targets []string
	for _, e := range entries {
		if e.Kind != "effect" {
			continue
		}
		t.Logf("%-62s %-7s %-10s attempts %d, last answer %s", e.Key, e.Target, e.State, e.Attempts, e.LastAnswer)
		if e.State != "delivered" || e.Attempts != 1 || e.LastAnswer != answers[e.Target] || !strings.HasSuffix(e.Key, "/"+e.Target) || e.DoneAt == nil {
			t.Errorf("%+v", e)
		}
		if strings.HasPrefix(e.Key, user+"/2/") && !slices.Contains(targets, e.Target) {
			targets = append(targets, e.Target)
		}
	}
	if len(targets) != len(answers) {
		t.Errorf("of the approval the timeline names %v", targets)
	}
}

// startReceiver runs the reference receiver of access hooks.
func startReceiver(t *testing.T) *receiver {
	t.Helper()
	c := spawn(t, "the receiver", build(t, "examplereceiver"), []string{"ACCESS_HOOK_SECRETS=" + hookSecret}, "-listen", "127.0.0.1:0")
	_, at, _ := strings.Cut(c.says(t, "listening on "), "listening on ")
	return &receiver{c, at}
}

// lets holds that the receiver lets a user in.
func (r *receiver) lets(t *testing.T, s *system, user string) {
	t.Helper()
	code, body, err := s.get(r.url+"/access/"+url.PathEscape(user), "")
	var word struct {
		Granted bool
		Version int64
	}
	if err != nil || code != 200 || json.Unmarshal([]byte(body), &word) != nil || !word.Granted || word.Version != 1 {
		t.Errorf("the receiver holds %d %s, %v", code, body, err)
	}
}

// build builds one of the examples.
func build(t *testing.T, name string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), name)
	if out, err := exec.CommandContext(background(t), "go", "build", "-o", binary, "admit/cmd/"+name).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", name, err, out)
	}
	return binary
}

// startGoWorker runs the example of another team's worker in Go.
func (s *system) startGoWorker(queue string) *child {
	s.t.Helper()
	c := spawn(s.t, "the Go worker", build(s.t, "exampleworker"), s.temporalEnv(), "-task-queue", queue)
	c.says(s.t, "waiting for onboarding events")
	return c
}

// startTypeScriptWorker runs the example of another team's worker in TypeScript.
func (s *system) startTypeScriptWorker(queue string) *child {
	s.t.Helper()
	const dir = "../../examples/typescript-worker"
	node, err := exec.LookPath("node")
	if err != nil {
		s.t.Fatalf("%v: the TypeScript worker needs Node 18.3 or newer and npm (Debian: apt-get install nodejs npm)", err)
	}
	if out, err := exec.Command(filepath.Join(dir, "build.sh")).CombinedOutput(); err != nil {
		s.t.Fatalf("build the TypeScript worker: %v\n%s", err, out)
	}
	c := spawn(s.t, "the TypeScript worker", node, s.temporalEnv(), filepath.Join(dir, "dist", "main.js"), "--task-queue", queue)
	c.says(s.t, "RUNNING")
	return c
}

// temporalEnv is what a worker that is not Admit's needs to know of Temporal.
func (s *system) temporalEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TEMPORAL_ADDRESS=" + s.temporal, "TEMPORAL_NAMESPACE=" + s.namespace}
}

// did waits until another team's worker has written that it handled an event,
// and holds that it did so once.
func (c *child) did(t *testing.T, kind, user string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s handles %s", c.name, kind), func() error {
		if n := c.handled(kind, user); n != 1 {
			return fmt.Errorf("%d times", n)
		}
		return nil
	})
}

// handledEvent is what either example writes of an event that it handled.
var handledEvent = regexp.MustCompile(`onboarding event(?: \{[^}]*\}|" [^\n]*)`)

// handled returns how often the worker handled an event of a kind about a user.
func (c *child) handled(kind, user string) (n int) {
	for _, said := range handledEvent.FindAllString(c.text(), -1) {
		if strings.Contains(said, kind) && strings.Contains(said, user) {
			n++
		}
	}
	return n
}
