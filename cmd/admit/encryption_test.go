package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/types/known/durationpb"

	"admit/cmd/admit/settings"
	"admit/onboarding"
	"admit/postgres/postgrestest"
	"admit/worker"
)

const (
	encryptionPatience = 60 * time.Second
	tokenOfTests       = "admin-token-for-tests"
	p100OfTests        = "p100-token-for-tests"
)

// TestEncryption lives through an encryption that is switched on, and a rotation of
// its keys, on one database and one Temporal. It sets TEMPORAL_NAMESPACE, so
// nothing runs beside it.
func TestEncryption(t *testing.T) {
	namespace := ownNamespace(t)
	t.Setenv("TEMPORAL_NAMESPACE", namespace)
	key := func(b byte) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }
	first, second := strings.Repeat("1", 32)+":"+key(1), "2:"+key(2) // the longest ID that there may be
	l := &life{t: t, namespace: namespace, database: postgrestest.URL(t), raw: dialTemporal(t)}
	before, user := "user-before", strings.Repeat("<", 100) // whose summary is as long as there are

	stop := l.serve("")
	l.kyc(before, "NOT_VERIFIED", "PENDING")
	l.sees(before, onboarding.StageInReview)
	stop()
	if text := l.kept(before); !strings.Contains(text, "p100") {
		t.Errorf("without keys the history holds %q", text)
	}

	stop = l.serve(first)
	l.kyc(before, "VERIFIED", "SUCCESSFUL")
	l.sees(before, onboarding.StageApproved)
	l.kyc(user, "NOT_VERIFIED", "PENDING")
	l.sees(user, onboarding.StageInReview)
	l.command(user, "hold", onboarding.StageOnHold)
	l.command(user, "lift", onboarding.StageInReview)
	l.kyc(user, "VERIFIED", "SUCCESSFUL")
	l.sees(user, onboarding.StageApproved)
	l.hears(user, onboarding.StageApproved)
	l.unreadable(user)
	l.shown(user, "The user is approved")
	stop()

	stop = l.serve(second + "," + first)
	for _, u := range []string{before, user} {
		l.kyc(u, "EXPIRED", "")
		l.sees(u, onboarding.StageSuspended)
	}
	l.unreadable(user)
	l.shown(user, "The user was approved, is so no longer")
	stop()
	l.replays(second+","+first, exitOK, "2 of 2 histories replay")
	l.replays(second, exitFailed, `is encrypted with the key "`+strings.Repeat("1", 32)+`"`)
	l.replays("", exitFailed, "0 of 2 histories replay")
}

// ownNamespace registers a namespace that has the search attributes.
func ownNamespace(t *testing.T) string {
	t.Helper()
	c, name := dialTemporal(t), "encryption-"+strings.ToLower(rand.Text()[:12])
	_, err := c.WorkflowService().RegisterNamespace(t.Context(), &workflowservice.RegisterNamespaceRequest{
		Namespace: name, WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the namespace is known", func() error {
		_, err := setup(t.Context(), c, name)
		return err
	})
	return name
}

// life is an Admit that is started again with other keys.
type life struct {
	t         *testing.T
	namespace string
	database  string
	raw       client.Client // without keys
	public    string        // URLs of the two listeners
	admin     string
	heard     chan string // what the other team's worker got
}

// serve runs all of Admit, and another team's worker that has the same keys, until
// the returned function has stopped them.
func (l *life) serve(keys string) (stop func()) {
	l.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	sys, err := newSystem(l.t.Context(), settings.Settings{
		DatabaseURL: l.database, Policy: onboarding.DefaultPolicy(), Providers: []string{"p100"}, P100Tokens: []string{p100OfTests},
		AdminTokens: "ops:operate:" + tokenOfTests, EncryptionKeys: keys,
		Hooks: []settings.Hook{{Name: "crm", TaskQueue: "crm", Activity: "OnOnboardingEvent", Events: []string{"onboarding.*"}}},
	}, settings.Role{Ingress: true, Worker: true}, quiet)
	if err != nil {
		l.t.Fatal(err)
	}
	if err := sys.store.Migrate(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(l.t.Context())
	ended := make(chan error, 2)
	go func() { ended <- sys.worker.Run(ctx) }()
	go func() { ended <- sys.dispatch.Run(ctx) }()
	public, admin, other := httptest.NewServer(sys.newIngress().Handler()), httptest.NewServer(sys.admin.Handler()), l.otherTeam(keys)
	l.public, l.admin = public.URL, admin.URL
	soon(l.t, "the worker polls", sys.worker.Ready)
	return func() {
		public.Close()
		admin.Close()
		cancel()
		if err := errors.Join(<-ended, <-ended); err != nil {
			l.t.Error(err)
		}
		other()
		sys.close()
	}
}

// otherTeam runs a worker with an activity of its own.
func (l *life) otherTeam(keys string) (stop func()) {
	l.t.Helper()
	codec, err := worker.NewCodec(keys)
	if err != nil {
		l.t.Fatal(err)
	}
	c, err := client.Dial(client.Options{
		HostPort: os.Getenv("TEMPORAL_ADDRESS"), Namespace: l.namespace, DataConverter: codec.DataConverter(),
		Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		l.t.Fatal(err)
	}
	l.heard = make(chan string, 100)
	w, heard := sdkworker.New(c, "crm", sdkworker.Options{DisableWorkflowWorker: true}), l.heard
	w.RegisterActivityWithOptions(func(_ context.Context, body json.RawMessage) error {
		heard <- string(body)
		return nil
	}, activity.RegisterOptions{Name: "OnOnboardingEvent"})
	if err := w.Start(); err != nil {
		l.t.Fatal(err)
	}
	return func() {
		w.Stop()
		c.Close()
	}
}

// hears waits until the other team's worker is told that a user is in a stage.
func (l *life) hears(user string, stage onboarding.Stage) {
	l.t.Helper()
	late := time.After(encryptionPatience)
	for {
		select {
		case body := <-l.heard:
			var told struct {
				Data struct {
					UserID string
					Stage  onboarding.Stage
				}
			}
			if err := json.Unmarshal([]byte(body), &told); err != nil {
				l.t.Fatal(err)
			}
			if told.Data.UserID == user && told.Data.Stage == stage {
				return
			}
		case <-late:
			l.t.Fatalf("the other team has not heard that %s is %s", user, stage)
		}
	}
}

// kyc posts what P100 says of a user.
func (l *life) kyc(user, status, attempt string) {
	l.t.Helper()
	body := fmt.Sprintf(`{"externalUserId":%q,"verificationStatus":%q,"attemptStatus":%q}`, user, status, attempt)
	if attempt == "" {
		body = fmt.Sprintf(`{"externalUserId":%q,"verificationStatus":%q}`, user, status)
	}
	if _, err := l.ask(http.MethodPost, l.public+"/webhook/kyc-verification/status", p100OfTests, body); err != nil {
		l.t.Fatal(err)
	}
}

// sees waits until the workflow has brought a user to a stage.
func (l *life) sees(user string, stage onboarding.Stage) {
	l.t.Helper()
	soon(l.t, user+" is "+string(stage), func() error {
		got, err := l.ask(http.MethodGet, l.admin+"/v1/onboardings/"+user, "Bearer "+tokenOfTests, "")
		if err == nil && (!strings.Contains(got, `"stage":"`+string(stage)+`"`) || !strings.Contains(got, `"pending":0`)) {
			err = errors.New(got)
		}
		return err
	})
}

// command has a command done. The answer is 202 where that takes longer than the admin
// API waits; the same request sent again is answered what became of it.
func (l *life) command(user, name string, leads onboarding.Stage) {
	l.t.Helper()
	var got string
	var err error
	body := fmt.Sprintf(`{"command":%q,"reason":"for the test","requestId":%q}`, name, rand.Text())
	soon(l.t, name+" is done", func() error {
		got, err = l.ask(http.MethodPost, l.admin+"/v1/onboardings/"+user+"/commands", "Bearer "+tokenOfTests, body)
		if err != nil && strings.HasPrefix(err.Error(), "202 ") {
			return err
		}
		return nil
	})
	if err != nil || !strings.Contains(got, `"outcome":"applied"`) || !strings.Contains(got, `"stage":"`+string(leads)+`"`) {
		l.t.Errorf("%s: %s, %v", name, got, err)
	}
}

func (l *life) ask(method, url, authorization, body string) (string, error) {
	r, err := http.NewRequestWithContext(l.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", res.StatusCode, text)
	}
	return string(text), err
}

// payloads returns all that Temporal keeps of a user's run but its search
// attributes.
func (l *life) payloads(user string) (kept []*commonpb.Payload) {
	l.t.Helper()
	h := &historypb.History{}
	it := l.raw.GetWorkflowHistory(l.t.Context(), onboarding.WorkflowID(user), "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		if err != nil {
			l.t.Fatal(err)
		}
		h.Events = append(h.Events, e)
	}
	err := proxy.VisitPayloads(l.t.Context(), h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
			kept = append(kept, p...)
			return p, nil
		},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return kept
}

// kept returns what Temporal keeps of a user's run.
func (l *life) kept(user string) string {
	l.t.Helper()
	var text strings.Builder
	for _, p := range l.payloads(user) {
		text.Write(p.GetData())
		text.WriteByte('\n')
	}
	return text.String()
}

// unreadable holds that nothing of a user can be read from what Temporal keeps.
func (l *life) unreadable(user string) {
	l.t.Helper()
	sealed := 0
	for _, p := range l.payloads(user) {
		if string(p.GetMetadata()["encoding"]) == "binary/encrypted" {
			sealed++
		}
	}
	if sealed < 20 {
		l.t.Errorf("%d payloads are encrypted", sealed)
	}
	text := l.kept(user)
	for _, word := range []string{user[:20], `\u003c`, "p100", "kyc", "VERIFIED", "approved", "review", "hold", "granted", "fold", "crm"} {
		if strings.Contains(text, word) {
			l.t.Errorf("Temporal keeps %q: %q", word, text)
		}
	}
}

// shown holds that the codec endpoint lets the UI and the CLI read what a worker
// answers and what the history keeps.
func (l *life) shown(user, stands string) {
	l.t.Helper()
	answer, err := l.raw.WorkflowService().QueryWorkflow(l.t.Context(), &workflowservice.QueryWorkflowRequest{
		Namespace: l.namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: onboarding.WorkflowID(user)},
		Query: &querypb.WorkflowQuery{QueryType: "__temporal_workflow_metadata"},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	sent := append(l.payloads(user), answer.GetQueryResult().GetPayloads()...)
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint:      l.admin + "/codec",
		ModifyRequest: func(r *http.Request) error { r.Header.Set("Authorization", "Bearer "+tokenOfTests); return nil },
	})
	opened, err := remote.Decode(sent)
	if err != nil {
		l.t.Fatal(err)
	}
	var text strings.Builder
	for _, p := range opened {
		text.Write(p.GetData())
	}
	for _, want := range []string{"Onboarding of `", "fold what is new: rung", "onboarding.approved to crm", stands} {
		if !strings.Contains(text.String(), want) {
			l.t.Errorf("the endpoint does not show %q in %s", want, &text)
		}
	}
}

// replays replays all histories of the namespace with the keys.
func (l *life) replays(keys string, code int, says string) {
	l.t.Helper()
	soon(l.t, "the histories are listed", func() error {
		var out, errs bytes.Buffer
		got := dispatchCommand(l.t.Context(), []string{"replay-histories"}, process{environ: []string{"ADMIT_ENCRYPTION_KEYS=" + keys}, out: &out, err: &errs})
		if got != code || !strings.Contains(out.String(), says) {
			return fmt.Errorf("with %d keys: exit code %d, %s%s", strings.Count(keys, ":"), got, &out, &errs)
		}
		return nil
	})
}

// soon waits until check returns nil.
func soon(t *testing.T, what string, check func() error) {
	t.Helper()
	late, tick := time.NewTimer(encryptionPatience), time.NewTicker(50*time.Millisecond)
	defer late.Stop()
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("%s: not within %v: %v", what, encryptionPatience, err)
		}
	}
}
