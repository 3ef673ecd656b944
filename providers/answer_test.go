package providers_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"admit/onboarding"
	"admit/providers"
)

var askedAt = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// answered is a response of an API with what it means. Body is the name of a file
// in the provider's folder of answers, or the text itself when it holds a brace.
type answered struct {
	name   string
	status int
	body   string
	want   onboarding.Answer
}

func checkAnswers(t *testing.T, provider string, cases []answered) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := []byte(c.body)
			if strings.HasSuffix(c.body, ".json") || strings.HasSuffix(c.body, ".html") {
				var err error
				if body, err = os.ReadFile(filepath.Join("testdata", provider, "api", c.body)); err != nil {
					t.Fatal(err)
				}
			}
			event := eventOf(t, c.status, string(body))
			got, err := providers.Set{}.Answer(provider, event)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Asked = askedAt
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("answer\n%+v, want\n%+v", got, c.want)
			}
		})
	}
}

// eventOf returns an answer as it is stored.
func eventOf(t testing.TB, status int, body string) []byte {
	t.Helper()
	event, err := json.Marshal(onboarding.AnswerBody{Asked: askedAt, HTTP: status, Answer: body})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestP100Answers(t *testing.T) {
	t.Parallel()
	says := func(status, attempt string, reasons ...string) onboarding.Answer {
		return onboarding.Answer{Check: onboarding.KYC, Kind: onboarding.AnswerStatus,
			Report: onboarding.Report{Check: onboarding.KYC, Status: status, Attempt: attempt, Reasons: reasons}}
	}
	kind := func(k onboarding.AnswerKind, code string) onboarding.Answer {
		return onboarding.Answer{Check: onboarding.KYC, Kind: k, Code: code}
	}
	unusable := func(code string) onboarding.Answer { return kind(onboarding.AnswerUnusable, code) }
	notVerified := kind(onboarding.AnswerNotVerified, "P459")
	notVerified.Report = onboarding.Report{Check: onboarding.KYC, Status: "NOT_VERIFIED"}
	checkAnswers(t, "p100", []answered{
		{"verified", 200, "verified.json", says("VERIFIED", "")},
		{"a status by another name", 200, "status.json", says("NOT_VERIFIED", "VERIFICATION")},
		{"a rejected attempt", 200, "rejected.json", says("NOT_VERIFIED", "REJECTED_BY_PROVIDER", "NO_FACE_FOUND")},
		{"a reason in words", 200, "reason-text.json", says("EXPIRED", "REJECTED_BY_PROVIDER")},
		{"under data", 200, "under-data.json", says("EXPIRED", "PENDING")},
		{"the call's own status above", 200, "envelope-status.json", says("VERIFIED", "SUCCESSFUL")},
		{"unknown words beside it", 200, "unknown-words.json", says("NOT_VERIFIED", "")},
		{"the same twice", 200, `{"verificationStatus":"VERIFIED","data":{"verificationStatus":"VERIFIED","attemptStatus":"SUCCESSFUL"}}`, says("VERIFIED", "SUCCESSFUL")},
		{"the better name wins", 200, `{"verificationStatus":"NOT_VERIFIED","status":"VERIFIED"}`, says("NOT_VERIFIED", "")},
		{"the better name wins, deeper", 200, `{"status":"VERIFIED","data":{"verificationStatus":"EXPIRED"}}`, says("EXPIRED", "")},
		{"null is absent", 200, `{"verificationStatus":null,"status":"VERIFIED","attemptStatus":null,"data":null}`, says("VERIFIED", "")},
		{"a number for the call's status", 200, `{"status":200,"data":{"status":"VERIFIED"}}`, says("VERIFIED", "")},
		{"depth and huge numbers beside it", 200, `{"verificationStatus":"VERIFIED","attemptStatus":` + huge + `,"rejectionReason":-` + huge + `,"a":` + nested(9000) + `}`, says("VERIFIED", "")},
		{"beside another", 200, `{"attemptStatus":"PENDING","data":{"verificationStatus":"NOT_VERIFIED"}}`, says("NOT_VERIFIED", "")},

		{"words of no list", 200, "pending-approved.json", unusable("unreadable")},
		{"an unknown status beside a known one", 200, `{"verificationStatus":"SUSPENDED","status":"VERIFIED"}`, unusable("unreadable")},
		{"two that contradict each other", 200, `{"verificationStatus":"VERIFIED","data":{"verificationStatus":"NOT_VERIFIED"}}`, unusable("unreadable")},
		{"two by the other name", 200, `{"status":"VERIFIED","data":{"status":"NOT_VERIFIED"}}`, unusable("unreadable")},
		{"known above, unknown below", 200, `{"status":"VERIFIED","data":{"status":"SUSPENDED"}}`, unusable("unreadable")},
		{"an unknown word above, deeper a known", 200, `{"verificationStatus":"SUSPENDED","data":{"verificationStatus":"VERIFIED"}}`, unusable("unreadable")},
		{"another type", 200, `{"verificationStatus":true}`, unusable("unreadable")},
		{"a huge number", 200, `{"verificationStatus":` + huge + `}`, unusable("unreadable")},
		{"a huge number as the better name under data", 200, `{"data":{"verificationStatus":` + huge + `,"status":"VERIFIED"}}`, unusable("unreadable")},
		{"too deep", 200, `{"verificationStatus":"VERIFIED","a":` + nested(20000) + `}`, unusable("unreadable")},
		{"another case", 200, `{"VerificationStatus":"VERIFIED","verificationStatus":"verified"}`, unusable("unreadable")},
		{"a list", 200, `[{"verificationStatus":"VERIFIED"}]`, unusable("unreadable")},
		{"data that is a list", 200, `{"data":[{"verificationStatus":"VERIFIED"}]}`, unusable("unreadable")},
		{"nothing", 200, "", unusable("unreadable")},
		{"cut off", 200, `{"verificationStatus":"VERIFIED","x":"`, unusable("unreadable")},
		{"a proxy's page", 200, "proxy.html", unusable("unreadable")},
		{"an error that is no error", 200, "p412.json", unusable("unreadable")},

		{"no such user", 400, "p412.json", kind(onboarding.AnswerUnknown, "P412")},
		{"no KYC", 404, "p445.json", kind(onboarding.AnswerUnknown, "P445")},
		{"not verified", 400, "p459.json", notVerified},
		{"a validation", 400, "p403.json", unusable("P403")},
		{"an unknown code", 409, `{"errorCode":"P999"}`, unusable("P999")},
		{"a code that is none", 400, `{"errorCode":"P 412"}`, unusable("http_400")},
		{"a code of another type", 400, `{"errorCode":412}`, unusable("http_400")},
		{"a code that is a huge number", 400, `{"errorCode":` + huge + `}`, unusable("http_400")},
		{"a code too long", 400, `{"errorCode":"` + strings.Repeat("P", 65) + `"}`, unusable("http_400")},
		{"a proxy's 404", 404, "proxy.html", unusable("http_404")},
		{"a status with an error", 404, "verified.json", unusable("http_404")},
		{"a code with a fault", 502, "p459.json", unusable("P459")},
		{"no content", 204, "", unusable("http_204")},
		{"created", 201, "verified.json", unusable("http_201")},
	})
}

func TestXGatewayAnswers(t *testing.T) {
	t.Parallel()
	says := func(r onboarding.Report) onboarding.Answer {
		r.Check = onboarding.SEPAKYC
		return onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerStatus, Report: r}
	}
	unusable := func(code string) onboarding.Answer {
		return onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerUnusable, Code: code}
	}
	unknown := onboarding.Answer{Check: onboarding.SEPAKYC, Kind: onboarding.AnswerUnknown, Code: "null_status"}
	checkAnswers(t, "xgateway", []answered{
		{"no such customer", 200, "null-status.json", unknown},
		{"created", 200, "created.json", says(onboarding.Report{Status: "CREATED"})},
		{"passed", 200, "full-user.json", says(onboarding.Report{Status: "FULL_USER"})},
		{"documents as objects", 200, "soft-kyc-failed.json", says(onboarding.Report{Status: "SOFT_KYC_FAILED",
			DocsMissing: []string{"PASSPORT", "DRIVERS", "ID_CARD", "RESIDENCE_PERMIT", "SELFIE"}})},
		{"documents as words", 200, "documents-as-words.json", says(onboarding.Report{Status: "SOFT_KYC_FAILED",
			Reasons: []string{"BAD_SELFIE", "BAD_PASSPORT"}, DocsMissing: []string{"SELFIE", "PASSPORT"}})},
		{"in progress", 200, "processing.json", says(onboarding.Report{Status: "CREATED", Processing: "APPLICANT_CREATION_IN_PROGRESS"})},
		{"odd things beside it", 200, "odd-extras.json", says(onboarding.Report{Status: "KYC_PENDING"})},
		{"a label in words", 200, `{"data":{"status":"HARD_KYC_FAILED","kycRejectLabel":"Not the same person"},"success":true}`,
			says(onboarding.Report{Status: "HARD_KYC_FAILED", Reasons: []string{"Not the same person"}})},
		{"no word of success", 200, `{"data":{"status":"FULL_USER"}}`, says(onboarding.Report{Status: "FULL_USER"})},
		{"depth and huge numbers beside it", 200, `{"a":` + huge + `,"data":{"status":"FULL_USER","kycProcessingStatus":` + huge + `,"kycRejectLabel":` + huge + `,"docsMissing":[` + huge + `],"b":` + nested(9000) + `}}`,
			says(onboarding.Report{Status: "FULL_USER"})},
		{"null, and in progress", 200, `{"data":{"status":null,"kycProcessingStatus":"USER_CREATION_IN_PROGRESS"},"success":true}`, unknown},

		{"an unknown status", 200, "unknown-status.json", unusable("unreadable")},
		{"no status", 200, `{"data":{"id":"1"},"success":true}`, unusable("unreadable")},
		{"no data", 200, `{"success":true}`, unusable("unreadable")},
		{"null for data", 200, `{"data":null,"success":true}`, unusable("unreadable")},
		{"a list of data", 200, `{"data":[{"status":"FULL_USER"}],"success":true}`, unusable("unreadable")},
		{"a status above data", 200, `{"status":"FULL_USER","success":true}`, unusable("unreadable")},
		{"a number for a status", 200, `{"data":{"status":1},"success":true}`, unusable("unreadable")},
		{"a huge number for a status", 200, `{"data":{"status":` + huge + `},"success":true}`, unusable("unreadable")},
		{"too deep", 200, `{"data":{"status":"FULL_USER"},"a":` + nested(20000) + `}`, unusable("unreadable")},
		{"huge success", 200, `{"data":{"status":"FULL_USER"},"success":` + huge + `}`, unusable("unreadable")},
		{"no success", 200, `{"data":{"status":"FULL_USER"},"success":false}`, unusable("unreadable")},
		{"success in words", 200, `{"data":{"status":"FULL_USER"},"success":"true"}`, unusable("unreadable")},
		{"no success, with its reason", 200, "db-violation.json", unusable("db_violation")},
		{"a refusal", 400, "db-violation.json", unusable("db_violation")},
		{"a refusal without a code", 400, `{"success":false,"errors":[{"message":"no"}]}`, unusable("http_400")},
		{"a refusal without errors", 422, `{"success":false,"errors":[]}`, unusable("http_422")},
		{"errors of another type", 422, `{"success":false,"errors":["no"]}`, unusable("http_422")},
		{"errors of huge numbers", 422, `{"success":false,"errors":[` + huge + `]}`, unusable("http_422")},
		{"an error whose code is huge", 422, `{"success":false,"errors":[{"code":` + huge + `}]}`, unusable("http_422")},
		{"errors that are no list", 422, `{"success":false,"errors":{"code":"no"}}`, unusable("http_422")},
		{"not found", 404, "proxy.html", unusable("http_404")},
		{"a status with an error", 404, "full-user.json", unusable("http_404")},
		{"a proxy's page", 200, "proxy.html", unusable("unreadable")},
		{"nothing", 200, "", unusable("unreadable")},
	})
}

func TestStoredAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, provider, body string
		want                 error
	}{
		{"nothing", "p100", "", providers.ErrMalformed},
		{"no object", "p100", "[]", providers.ErrMalformed},
		{"an empty object", "xgateway", "{}", providers.ErrMalformed},
		{"no time", "p100", `{"http":200,"answer":"{}"}`, providers.ErrMalformed},
		{"a status that is huge", "p100", `{"asked":"2026-11-21T12:00:00Z","http":` + huge + `,"answer":"{}"}`, providers.ErrMalformed},
		{"a time that is none", "p100", `{"asked":"soon","http":200,"answer":"{}"}`, providers.ErrMalformed},
		{"no status", "p100", `{"asked":"2026-11-21T12:00:00Z","answer":"{}"}`, providers.ErrMalformed},
		{"a status that is none", "p100", `{"asked":"2026-11-21T12:00:00Z","http":99,"answer":"{}"}`, providers.ErrMalformed},
		{"an answer that is no text", "p100", `{"asked":"2026-11-21T12:00:00Z","http":200,"answer":{}}`, providers.ErrMalformed},
		{"more behind it", "p100", `{"asked":"2026-11-21T12:00:00Z","http":200,"answer":"{}"} {}`, providers.ErrMalformed},
		{"a webhook", "p100", `{"externalUserId":"user-1","verificationStatus":"VERIFIED"}`, providers.ErrMalformed},
		{"a provider of nobody", "operator", `{"asked":"2026-11-21T12:00:00Z","http":200,"answer":"{}"}`, providers.ErrUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, err := providers.Set{}.Answer(c.provider, []byte(c.body))
			if !errors.Is(err, c.want) || !reflect.DeepEqual(a, onboarding.Answer{}) {
				t.Errorf("answer %+v, error %v, want %v", a, err, c.want)
			}
		})
	}
}

// The words that the decoders take for known are those that the rules know: an
// answer with a word of the one and not of the other would be lost.
func TestAnswersSpeakTheRulesWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ provider, body string }{
		{"p100", `{"verificationStatus":"WORD"}`}, {"xgateway", `{"data":{"status":"WORD"},"success":true}`},
	} {
		for _, word := range []string{
			"VERIFIED", "NOT_VERIFIED", "EXPIRED", "CREATED", "KYC_NEEDED", "PENDING_KYC_DATA", "KYC_PENDING", "SOFT_KYC_FAILED",
			"HARD_KYC_FAILED", "FULL_USER", "HARD_FAIL", "PENDING", "APPROVED", "ACTIVE", "OK", "UNKNOWN",
		} {
			a, err := providers.Set{}.Answer(c.provider, eventOf(t, 200, strings.ReplaceAll(c.body, "WORD", word)))
			if err != nil {
				t.Fatal(err)
			}
			_, verdict, _ := onboarding.Apply(onboarding.State{UserID: "user-1"}, onboarding.Input{
				Kind: onboarding.InputReport, Report: onboarding.Report{Check: a.Check, Status: word},
			}, onboarding.DefaultPolicy(), askedAt)
			if known := verdict.Outcome != onboarding.Unrecognised; known != (a.Kind == onboarding.AnswerStatus) {
				t.Errorf("%s's %s: known to the rules %t, answer %+v", c.provider, word, known, a)
			}
		}
	}
}

// FuzzAnswer holds that whatever an API says is an answer of one kind with what
// that kind needs, and that the same is read again.
func FuzzAnswer(f *testing.F) {
	for _, provider := range names {
		files, err := filepath.Glob(filepath.Join("testdata", provider, "api", "*"))
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, name := range files {
			body, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(200, string(body))
			f.Add(400, string(body))
		}
	}
	for _, text := range odd {
		f.Add(200, text)
	}
	own := regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		for _, provider := range names {
			event := eventOf(t, status, body)
			a, err := providers.Set{}.Answer(provider, event)
			if err != nil {
				if !errors.Is(err, providers.ErrMalformed) || status >= 100 && status <= 999 {
					t.Fatalf("status %d: %v", status, err)
				}
				continue
			}
			if again, err := (providers.Set{}).Answer(provider, event); err != nil || !reflect.DeepEqual(a, again) {
				t.Fatalf("read twice, with two results: %+v, %+v", a, again)
			}
			words := a.Kind == onboarding.AnswerStatus || a.Kind == onboarding.AnswerNotVerified
			switch {
			case !a.Check.Valid() || !a.Asked.Equal(askedAt):
				t.Fatalf("answer %+v", a)
			case words && (a.Report.Check != a.Check || a.Report.Status == "" || a.Report.Null):
				t.Fatalf("words %+v", a.Report)
			case !words && !reflect.DeepEqual(a.Report, onboarding.Report{}):
				t.Fatalf("no words, but %+v", a.Report)
			case a.Kind == onboarding.AnswerStatus && (a.Code != "" || status != 200):
				t.Fatalf("status %d: %+v", status, a)
			case a.Kind != onboarding.AnswerStatus && !own.MatchString(a.Code):
				t.Fatalf("code %q", a.Code)
			}
		}
	})
}
