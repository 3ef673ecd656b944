package providers_test

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"admit/onboarding"
	"admit/providers"
	"admit/providers/providerstest"
)

const apiKey = "key-1-that-nobody-may-see"

// client is an API's client with what its provider is called.
type client struct {
	provider string
	make     func(providers.APIConfig) (*providers.API, error)
	fake     func(key string) *providerstest.Fake
}

var (
	p100Client     = client{"p100", providers.NewP100API, providerstest.NewP100}
	xgatewayClient = client{"xgateway", providers.NewXGatewayAPI, providerstest.NewXGateway}
)

// open returns a client that the test closes, without a pace unless the
// configuration has one.
func (c client) open(t *testing.T, config providers.APIConfig) *providers.API {
	t.Helper()
	if config.Key == "" {
		config.Key = apiKey
	}
	if config.PerSecond == 0 {
		config.PerSecond = 1e6
	}
	api, err := c.make(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.Close)
	if api.Provider() != c.provider {
		t.Errorf("the API of %s", api.Provider())
	}
	return api
}

// play starts a fake of the provider.
func (c client) play(t *testing.T) (fake *providerstest.Fake, url string) {
	t.Helper()
	fake = c.fake(apiKey)
	server, err := fake.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close the fake: %v", err)
		}
		if faults := fake.Faults(); len(faults) != 0 {
			t.Errorf("the API was asked in a way that its pages do not know: %q", faults)
		}
	})
	return fake, server.URL
}

// ask asks with a deadline that only a test that hangs meets.
func ask(t *testing.T, api *providers.API, userID string) providers.Asked {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return api.Ask(ctx, userID)
}

// stored returns an answer as it is decoded after it was stored.
func stored(t *testing.T, provider string, asked providers.Asked) onboarding.Answer {
	t.Helper()
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	body, err := json.Marshal(onboarding.AnswerBody{Asked: at, HTTP: asked.HTTP, Answer: asked.Body})
	if err != nil {
		t.Fatal(err)
	}
	a, err := providers.Set{}.Answer(provider, body)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Asked.Equal(at) {
		t.Errorf("asked %v, want %v", a.Asked, at)
	}
	a.Asked = time.Time{}
	return a
}

// outcome is what a reply comes to: a class of no answer, or an answer.
type outcome struct {
	class   string
	mistake bool
	answer  onboarding.Answer
}

func again(class string) outcome   { return outcome{class: class} }
func mistake(class string) outcome { return outcome{class: class, mistake: true} }

func of(c onboarding.Check) struct {
	says, unknown, unusable func(string) outcome
} {
	kind := func(k onboarding.AnswerKind) func(string) outcome {
		return func(code string) outcome { return outcome{answer: onboarding.Answer{Check: c, Kind: k, Code: code}} }
	}
	return struct{ says, unknown, unusable func(string) outcome }{
		says: func(status string) outcome {
			return reports(onboarding.Report{Check: c, Status: status})
		},
		unknown: kind(onboarding.AnswerUnknown), unusable: kind(onboarding.AnswerUnusable),
	}
}

func reports(r onboarding.Report) outcome {
	return outcome{answer: onboarding.Answer{Check: r.Check, Kind: onboarding.AnswerStatus, Report: r}}
}

// What every answer that the pages show, and what may come in place of one, means.
var (
	kyc, sepa = of(onboarding.KYC), of(onboarding.SEPAKYC)

	anyAPI = map[string]outcome{
		"elsewhere": mistake("http 404"),
		"moved":     again("http 302"), "too many": again("429"), "away": again("http 503"), "dropped": again("broken connection"),
	}
	p100Outcomes = map[string]outcome{
		"VERIFIED": kyc.says("VERIFIED"), "NOT_VERIFIED": kyc.says("NOT_VERIFIED"), "EXPIRED": kyc.says("EXPIRED"),
		"NOT_VERIFIED PENDING":      reports(onboarding.Report{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "PENDING"}),
		"NOT_VERIFIED VERIFICATION": reports(onboarding.Report{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "VERIFICATION"}),
		"NOT_VERIFIED SUCCESSFUL":   reports(onboarding.Report{Check: onboarding.KYC, Status: "NOT_VERIFIED", Attempt: "SUCCESSFUL"}),
		"NOT_VERIFIED REJECTED_BY_PROVIDER": reports(onboarding.Report{Check: onboarding.KYC, Status: "NOT_VERIFIED",
			Attempt: "REJECTED_BY_PROVIDER", Reasons: []string{"NO_FACE_FOUND"}}),
		"P412": kyc.unknown("P412"), "P445": kyc.unknown("P445"),
		"P459": {answer: onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerNotVerified, Code: "P459",
			Report: onboarding.Report{Check: onboarding.KYC, Status: "NOT_VERIFIED"}}},
		"P500": again("P500"), "P501": again("P501"), "P403": kyc.unusable("P403"),
		"xo1": mistake("401 xo1: the key is missing"), "xo2": mistake("401 xo2: the key is wrong"),
		"xo3": mistake("401 xo3: this address is not allowed"), "xo3 in JSON": mistake("401 xo3: this address is not allowed"),
		"a proxy's page": kyc.unusable("unreadable"),
	}
	xgatewayOutcomes = map[string]outcome{
		"null": sepa.unknown("null_status"), "CREATED": sepa.says("CREATED"), "KYC_NEEDED": sepa.says("KYC_NEEDED"),
		"PENDING_KYC_DATA": sepa.says("PENDING_KYC_DATA"), "KYC_PENDING": sepa.says("KYC_PENDING"),
		"SOFT_KYC_FAILED": reports(onboarding.Report{Check: onboarding.SEPAKYC, Status: "SOFT_KYC_FAILED",
			DocsMissing: []string{"PASSPORT", "DRIVERS", "ID_CARD", "RESIDENCE_PERMIT", "SELFIE"}}),
		"HARD_KYC_FAILED": sepa.says("HARD_KYC_FAILED"), "FULL_USER": sepa.says("FULL_USER"),
		"db_violation": sepa.unusable("db_violation"), "not_found": sepa.unusable("not_found"),
		"internal": again("http 500"), "unauthorized": mistake("401"),
		"a proxy's page": sepa.unusable("unreadable"),
	}
)

func TestEveryDocumentedAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		client
		want map[string]outcome
	}{{p100Client, p100Outcomes}, {xgatewayClient, xgatewayOutcomes}} {
		replies := append(c.fake(apiKey).Documented(), providerstest.Page, providerstest.Elsewhere, providerstest.Moved,
			providerstest.TooMany, providerstest.Away, providerstest.Dropped)
		if got, want := len(replies), len(c.want)+len(anyAPI); got != want {
			t.Errorf("%s has %d replies, the table %d", c.provider, got, want)
		}
		for _, reply := range replies {
			t.Run(c.provider+"/"+reply.Name, func(t *testing.T) {
				t.Parallel()
				want, ok := c.want[reply.Name]
				if !ok {
					want, ok = anyAPI[reply.Name]
				}
				if !ok {
					t.Fatal("not in the table")
				}
				fake, url := c.play(t)
				fake.Answer("user-1", reply)
				asked := ask(t, c.open(t, providers.APIConfig{URL: url}), "user-1")
				checkOutcome(t, c.provider, asked, want)
				if asked.HTTP != reply.Status || fake.Asked("user-1") != 1 {
					t.Errorf("status %d, asked %d times", asked.HTTP, fake.Asked("user-1"))
				}
			})
		}
	}
}

func checkOutcome(t *testing.T, provider string, asked providers.Asked, want outcome) {
	t.Helper()
	if asked.Class != want.class || asked.OwnMistake != want.mistake || asked.Answered != (want.class == "") {
		t.Fatalf("asked %+v, want %+v", asked, want)
	}
	if !asked.Answered {
		if asked.Body != "" {
			t.Errorf("no answer with the body %q", asked.Body)
		}
		return
	}
	if got := stored(t, provider, asked); !reflect.DeepEqual(got, want.answer) {
		t.Errorf("answer %+v, want %+v", got, want.answer)
	}
}

// A user whom nobody has heard of is no fault of the API's.
func TestAskAboutStrangers(t *testing.T) {
	t.Parallel()
	for _, c := range []client{p100Client, xgatewayClient} {
		t.Run(c.provider, func(t *testing.T) {
			t.Parallel()
			_, url := c.play(t)
			asked := ask(t, c.open(t, providers.APIConfig{URL: url}), "user-1")
			if a := stored(t, c.provider, asked); a.Kind != onboarding.AnswerUnknown {
				t.Errorf("answer %+v", a)
			}
		})
	}
}

// The whole way of a provider that is overrun: what it asks for on the wire holds
// for every user, and the questions come again in the end.
func TestOverrun(t *testing.T) {
	t.Parallel()
	fake, url := p100Client.play(t)
	fake.Answer("user-1", providerstest.TooMany.With("Retry-After", "60"), providerstest.P100Verified)
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	api := p100Client.open(t, providers.APIConfig{URL: url, Clock: func() time.Time { return at }})
	for _, user := range []string{"user-1", "user-2", "user-1"} {
		if asked := ask(t, api, user); asked.Class != "429" || asked.RetryAfter < time.Minute || asked.RetryAfter > 61*time.Second {
			t.Errorf("%s: asked %+v", user, asked)
		}
	}
	if n := len(fake.Questions()); n != 1 {
		t.Errorf("%d questions were sent", n)
	}
	at = at.Add(time.Minute)
	if asked := ask(t, api, "user-1"); !asked.Answered {
		t.Errorf("after the pause: asked %+v", asked)
	}
}
