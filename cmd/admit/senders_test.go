package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"admit/activities"
	"admit/cmd/admit/settings"
	"admit/onboarding"
	"admit/providers"
	"admit/providers/providerstest"
)

// play lets a provider's API listen and returns its address.
func play(t *testing.T, fake *providerstest.Fake) string {
	t.Helper()
	server, err := fake.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		for _, f := range fake.Faults() {
			t.Error(f)
		}
	})
	return server.URL
}

// TestQuestionsReachTheAPIs asks both providers' APIs as the settings say, and
// holds that what is stored of their answers can be read again.
func TestQuestionsReachTheAPIs(t *testing.T) {
	t.Parallel()
	p100, xgateway := providerstest.NewP100("key-1"), providerstest.NewXGateway("key-2")
	p100.Answer("user-1", providerstest.P100Verified)
	xgateway.Answer("user-1", providerstest.XGatewayStatus("FULL_USER"))
	s := settings.Settings{
		P100API: &settings.API{URL: play(t, p100), Key: "key-1"}, XGatewayAPI: &settings.API{URL: play(t, xgateway), Key: "key-2"},
	}
	asks, err := questions(s)
	if err != nil || len(asks) != 2 {
		t.Fatalf("%d questions, %v", len(asks), err)
	}
	asked := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		target, provider string
		check            onboarding.Check
		status           string
	}{
		{onboarding.P100Target, "p100", onboarding.KYC, "VERIFIED"},
		{onboarding.XGatewayTarget, "xgateway", onboarding.SEPAKYC, "FULL_USER"},
	} {
		t.Run(c.provider, func(t *testing.T) {
			q := asks[c.target]
			var seen []activities.AskObservation
			q.Observe = func(o activities.AskObservation) { seen = append(seen, o) }
			got := q.Send(t.Context(), onboarding.Delivery{UserID: "user-1", Target: c.target, Now: asked})
			if got.Result != onboarding.AttemptDelivered || got.Answer != "200" {
				t.Fatalf("Send = %+v", got)
			}
			answer, err := providers.Set{}.Answer(c.provider, got.Event)
			if err != nil || answer.Check != c.check || answer.Kind != onboarding.AnswerStatus || answer.Report.Status != c.status || !answer.Asked.Equal(asked) {
				t.Errorf("read again as %+v, %v", answer, err)
			}
			if len(seen) != 1 || seen[0].Provider != c.provider || seen[0].Outcome != activities.AskAnswered {
				t.Errorf("observed %+v", seen)
			}
		})
	}
}

// TestRefusedKeyIsNoAnswer holds what comes of a wrong key.
func TestRefusedKeyIsNoAnswer(t *testing.T) {
	t.Parallel()
	fake := providerstest.NewP100("key-1")
	var log strings.Builder
	asks, err := questions(settings.Settings{P100API: &settings.API{URL: play(t, fake), Key: "a-wrong-key"}})
	if err != nil {
		t.Fatal(err)
	}
	q := asks[onboarding.P100Target]
	q.Logger = slog.New(slog.NewTextHandler(&log, nil))
	got := q.Send(t.Context(), onboarding.Delivery{UserID: "user-1"})
	if got.Result != onboarding.AttemptFailed || !strings.HasPrefix(got.Answer, "401 xo2") || got.Event != nil {
		t.Errorf("Send = %+v", got)
	}
	if text := log.String(); !strings.Contains(text, "ADMIT_P100_API_KEY") || !strings.Contains(text, "the key is wrong") || strings.Contains(text, "a-wrong-key") {
		t.Errorf("the log says %s", text)
	}
}

// TestMistakesOfTheAPIs holds that what only an API's client can tell is told, by
// the name of the setting, without what is secret in it.
func TestMistakesOfTheAPIs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s := settings.Settings{
		P100API:     &settings.API{URL: "https://user:hunter2@p100.example", Key: "key-1"},
		XGatewayAPI: &settings.API{URL: "xgateway.example", Key: "two words"},
	}
	text := strings.Join(mistakes(ctx, s, nil), "\n")
	for _, want := range []string{"ADMIT_P100_API_URL, ADMIT_P100_API_KEY: ", "ADMIT_XGATEWAY_API_URL, ADMIT_XGATEWAY_API_KEY: ", "user name or password", "holds a blank"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	for _, secret := range []string{"hunter2", "two words"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is told in\n%s", secret, text)
		}
	}
	// What the settings told already is not told twice, and hides nothing.
	s.P100API.URL = ""
	again := mistakes(ctx, s, []settings.Problem{{Name: "ADMIT_P100_API_URL", Message: "must begin with https://"}})
	if len(again) != 3 || !strings.HasPrefix(again[1], "ADMIT_XGATEWAY_API_URL, ") || !strings.HasPrefix(again[2], "ADMIT_XGATEWAY_API_URL, ") {
		t.Errorf("mistakes %q", again)
	}
}
