package activities_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"admit/activities"
	"admit/onboarding"
)

// recipientFunc knows users. It is activities.Recipients.
type recipientFunc func(userID string, texts bool) (onboarding.Recipient, error)

func (f recipientFunc) Recipient(_ context.Context, userID string, texts bool) (onboarding.Recipient, error) {
	return f(userID, texts)
}

// asUser is somebody who is to repeat the KYC, and whose provider says why.
func asUser(userID string, texts bool) (onboarding.Recipient, error) {
	r := onboarding.Recipient{Statuses: onboarding.CheckStatuses{KYC: onboarding.StatusActionRequired}}
	if userID == "user-1" && texts {
		r.Texts = map[onboarding.Check]string{onboarding.KYC: "the photo is <blurred>", onboarding.SEPAKYC: "of a check that is not shown"}
	}
	return r, nil
}

func ofNobody(string, bool) (onboarding.Recipient, error) { return onboarding.Recipient{}, errAway }

// effectOf returns a delivery of an effect of a user whose KYC was rejected.
func effectOf(t *testing.T, e onboarding.Effect, full bool) onboarding.Delivery {
	t.Helper()
	s := onboarding.State{UserID: "user-1", Stage: onboarding.StageActionRequired, BlockedOn: onboarding.User, Access: onboarding.AccessNone, Version: 3}
	s.Checks.KYC = onboarding.CheckState{Status: onboarding.StatusActionRequired, Words: onboarding.Words{ProviderStatus: "NOT_VERIFIED", Reasons: []string{"BAD_PHOTO"}}}
	s.Checks.POA = onboarding.CheckState{Status: onboarding.StatusPassed, Words: onboarding.Words{ProviderStatus: "APPROVED"}}
	body, err := json.Marshal(e.Payload(s, decided, onboarding.Target{Name: "core", Full: full}))
	if err != nil {
		t.Fatal(err)
	}
	return onboarding.Delivery{ID: 7, Key: e.Key("user-1", 3, "core"), UserID: "user-1", Target: "core", Lane: e.Lane(), Name: e.Name,
		Payload: body, Created: decided, Now: decided.Add(time.Minute)}
}

// sendTo sends d through a hook and returns what arrived, verified.
func sendTo(t *testing.T, c activities.HookConfig, ready func(*activities.Hook), d onboarding.Delivery) (onboarding.Attempt, []byte) {
	t.Helper()
	e := serve(t, func(http.ResponseWriter, *http.Request) {})
	c.URL, c.AllowPrivate = e.URL, true
	h := hook(t, c)
	ready(h)
	tried := h.Send(within(t, patience), d)
	seen := e.requests()
	if len(seen) == 0 {
		return tried, nil
	}
	for library, v := range verifiers(t, secret('a', 32)) {
		if err := v.Verify(seen[0].body, seen[0].header); err != nil {
			t.Errorf("%s does not verify: %v", library, err)
		}
	}
	if got := seen[0].header.Get("webhook-id"); got != activities.WebhookID(d.Key) {
		t.Errorf("ID %q is not the effect's", got)
	}
	return tried, seen[0].body
}

func payloadOf(t *testing.T, body []byte) onboarding.Payload {
	t.Helper()
	var p onboarding.Payload
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("the hook got %q: %v", body, err)
	}
	return p
}

var changed = onboarding.Effect{Name: onboarding.EffectCheckChanged, Check: onboarding.KYC, Was: onboarding.StatusInReview}

// TestHookFields holds who is told the providers' words, and that their texts are
// those of the moment in which they are sent.
func TestHookFields(t *testing.T) {
	t.Parallel()
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		d := effectOf(t, changed, true)
		tried, body := sendTo(t, activities.HookConfig{Full: true}, func(h *activities.Hook) { h.Texts = recipientFunc(asUser) }, d)
		details := payloadOf(t, body).Data.Details
		if !same(tried, delivered) || details == nil || details.KYC == nil || details.KYC.Message != "the photo is <blurred>" ||
			details.KYC.Reasons[0] != "BAD_PHOTO" || details.POA.Message != "" || details.SEPAKYC != nil {
			t.Errorf("Send = %+v, the hook got %s", tried, body)
		}
	})
	t.Run("no longer full", func(t *testing.T) {
		t.Parallel()
		tried, body := sendTo(t, activities.HookConfig{}, func(h *activities.Hook) { h.Texts = recipientFunc(asUser) }, effectOf(t, changed, true))
		if p := payloadOf(t, body); !same(tried, delivered) || p.Data.Details != nil || p.Data.Check != onboarding.KYC || bytes.Contains(body, []byte("BAD_PHOTO")) {
			t.Errorf("Send = %+v, the hook got %s", tried, body)
		}
	})
	t.Run("codes and states alone", func(t *testing.T) {
		t.Parallel()
		d := effectOf(t, changed, false)
		if tried, body := sendTo(t, activities.HookConfig{}, func(*activities.Hook) {}, d); !same(tried, delivered) || string(body) != string(d.Payload) {
			t.Errorf("Send = %+v, the hook got %s, want it as it was decided: %s", tried, body, d.Payload)
		}
	})
	t.Run("full since", func(t *testing.T) {
		t.Parallel()
		d := effectOf(t, changed, false)
		if tried, body := sendTo(t, activities.HookConfig{Full: true}, func(*activities.Hook) {}, d); !same(tried, delivered) || string(body) != string(d.Payload) {
			t.Errorf("Send = %+v, the hook got %s, want it as it was decided: %s", tried, body, d.Payload)
		}
	})
}

// TestHookWordsAway holds what comes of an attempt whose words cannot be had:
// nothing is sent, and the hook is not blamed.
func TestHookWordsAway(t *testing.T) {
	t.Parallel()
	voice := func(f recipientFunc) *activities.Voice {
		v, err := activities.NewVoice(activities.VoiceConfig{}, f)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	notify := effectOf(t, rejected, false)
	broken, bare := notify, notify
	broken.Payload, bare.Payload = []byte("{"), effectOf(t, changed, false).Payload
	tests := []struct {
		name   string
		d      onboarding.Delivery
		ready  func(*activities.Hook)
		result onboarding.AttemptResult
		answer string // "" for the voice's own
	}{
		{"the store is away", effectOf(t, changed, true), func(h *activities.Hook) { h.Texts = recipientFunc(ofNobody) }, onboarding.AttemptFailed, "texts could not be read"},
		{"no texts here", effectOf(t, changed, true), func(*activities.Hook) {}, onboarding.AttemptFailed, "texts not configured here"},
		{"no voice here", notify, func(*activities.Hook) {}, onboarding.AttemptFailed, "messages not configured here"},
		{"the voice's store is away", notify, func(h *activities.Hook) { h.Voice = voice(ofNobody) }, onboarding.AttemptFailed, ""},
		{"nothing asked any more", notify, func(h *activities.Hook) {
			h.Voice = voice(func(string, bool) (onboarding.Recipient, error) { return onboarding.Recipient{}, nil })
		}, onboarding.AttemptMoot, ""},
		{"unreadable", broken, func(h *activities.Hook) { h.Voice = voice(asUser) }, onboarding.AttemptUnsendable, "unreadable message"},
		{"no message", bare, func(h *activities.Hook) { h.Voice = voice(asUser) }, onboarding.AttemptUnsendable, "unreadable message"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var h *activities.Hook
			var log bytes.Buffer
			tried, body := sendTo(t, activities.HookConfig{Full: true}, func(made *activities.Hook) {
				h, made.Logger = made, slog.New(slog.NewTextHandler(&log, nil))
				tt.ready(made)
			}, tt.d)
			if body != nil || tried.Result != tt.result || tt.answer != "" && tried.Answer != tt.answer || tried.Answer == "" {
				t.Errorf("Send = %+v, the hook got %q", tried, body)
			}
			if got := h.AtOnce(onboarding.LaneRest); got != 32 {
				t.Errorf("%d at once after an attempt that was not made", got)
			}
			if strings.Contains(log.String(), "user-1") {
				t.Errorf("logged %s", log.String())
			}
		})
	}
}

var rejected = onboarding.Effect{
	Name: onboarding.NotifyActionRequired, Reasons: []string{onboarding.ReasonHighRiskRejected},
	Asks: []onboarding.Asked{{Check: onboarding.KYC, Status: onboarding.StatusActionRequired, Reasons: []string{"DOC_FAKE", "DOC_EXPIRED"}}},
}

// TestHookMessage holds that a hook that asks for messages to users gets them in
// words, beside the codes, whether the user can be reached otherwise or not.
func TestHookMessage(t *testing.T) {
	t.Parallel()
	v, err := activities.NewVoice(activities.VoiceConfig{Sender: "Example"}, recipientFunc(func(userID string, texts bool) (onboarding.Recipient, error) {
		r, err := asUser(userID, texts)
		r.Contact.Locale = "de"
		return r, err
	}))
	if err != nil {
		t.Fatal(err)
	}
	d := effectOf(t, rejected, false)
	tried, body := sendTo(t, activities.HookConfig{}, func(h *activities.Hook) { h.Voice = v }, d)
	p := payloadOf(t, body)
	m := p.Data.Message
	if !same(tried, delivered) || p.Type != onboarding.NotifyActionRequired || m == nil || m.Rendered == nil || m.Template != "action_required" || !slices.Equal(m.Asks[0].Reasons, []string{"DOC_EXPIRED"}) {
		t.Fatalf("Send = %+v, the hook got %s", tried, body)
	}
	if bytes.Contains(body, []byte("DOC_FAKE")) || bytes.Contains(body, []byte("high_risk")) {
		t.Errorf("a channel to the user is told of a suspicion: %s", body)
	}
	if r := m.Rendered; r.Language != "de" || r.Subject == "" || r.Text == "" {
		t.Errorf("rendered %+v", r)
	}
	if bytes.Contains(d.Payload, []byte("rendered")) {
		t.Errorf("the words are kept with the decision: %s", d.Payload)
	}

	late, err := activities.NewVoice(activities.VoiceConfig{QuietHours: "00:00-23:00"}, recipientFunc(asUser))
	if err != nil {
		t.Fatal(err)
	}
	tried, body = sendTo(t, activities.HookConfig{}, func(h *activities.Hook) { h.Voice = late }, d)
	if tried.Result != onboarding.AttemptDeferred || tried.RetryAfter <= 0 || body != nil {
		t.Errorf("in quiet hours: Send = %+v, the hook got %s", tried, body)
	}
}
