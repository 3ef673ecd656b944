package providers_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"admit/onboarding"
	"admit/providers"
)

// The hash of demo_customer_id and test_secret.
const demoHash = "a+NSx3EISiY6ASoGD/4v5HzqpGR/r9IyNRmDN0QBUGvw0zi9JlVbpDGlM8W8V4MdLiQmj2E/4+xZd/5MbK8Zrw=="

func xgatewayHash(id, secret string) string {
	sum := sha512.Sum512([]byte(id + "." + secret))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestXGatewayRoutes(t *testing.T) {
	t.Parallel()
	checkRoutes(t, providers.XGateway{}, [][3]string{{"kyc", "/handle-kyc-status", "{}"}})
}

func TestXGatewayDecode(t *testing.T) {
	t.Parallel()
	const demo = "demo_customer_id"
	sepa := func(r onboarding.Report) onboarding.Report { r.Check = onboarding.SEPAKYC; return r }
	with := func(member string) string { return `{"customerId":"user-1","status":"CREATED",` + member + `}` }
	created := func(r onboarding.Report) onboarding.Report { r.Status = "CREATED"; return sepa(r) }
	checkDecodings(t, providers.XGateway{}, []decoding{
		{"documents as words", providers.XGatewayKYC, "soft-kyc-failed.json", demo, sepa(onboarding.Report{
			Status: "SOFT_KYC_FAILED", Reasons: []string{"BAD_SELFIE", "BAD_PASSPORT"}, DocsMissing: []string{"SELFIE", "PASSPORT"}}), ""},
		{"documents as objects", providers.XGatewayKYC, "soft-kyc-failed-objects.json", demo, sepa(onboarding.Report{
			Status: "SOFT_KYC_FAILED", DocsMissing: []string{"PASSPORT", "DRIVERS", "SELFIE"}}),
			"Enter the date of birth as it stands on the document."},
		{"passed", providers.XGatewayKYC, "full-user.json", demo, sepa(onboarding.Report{Status: "FULL_USER"}), ""},
		{"in progress", providers.XGatewayKYC, "processing.json", demo, sepa(onboarding.Report{Null: true, Processing: "VERIFICATION_IN_PROGRESS"}), ""},
		{"says nothing", providers.XGatewayKYC, "null-status.json", demo, sepa(onboarding.Report{Null: true}), ""},
		{"an older shape, a label in words", providers.XGatewayKYC, "older-shape.json", demo, sepa(onboarding.Report{
			Status: "HARD_KYC_FAILED", Reasons: []string{"Selfie does not match", "BAD_PASSPORT"}}), "Selfie does not match, BAD_PASSPORT,,"},

		{"an unknown status", providers.XGatewayKYC, `{"customerId":"user-1","status":"HALF_USER"}`, "user-1", sepa(onboarding.Report{Status: "HALF_USER"}), ""},
		{"documents of both kinds", providers.XGatewayKYC, with(`"docsMissing":["SELFIE",{"docType":"PASSPORT"},"",{"docType":""}]`), "user-1",
			created(onboarding.Report{DocsMissing: []string{"SELFIE", "PASSPORT"}}), ""},
		{"a document named twice", providers.XGatewayKYC, with(`"docsMissing":[{"doctype":1,"docType":"SELFIE","docType":"PASSPORT"}]`), "user-1",
			created(onboarding.Report{DocsMissing: []string{"PASSPORT"}}), ""},
		{"no documents", providers.XGatewayKYC, with(`"docsMissing":[]`), "user-1", created(onboarding.Report{}), ""},
		{"an empty label", providers.XGatewayKYC, with(`"kycRejectLabel":""`), "user-1", created(onboarding.Report{}), ""},
		{"commas alone", providers.XGatewayKYC, with(`"kycRejectLabel":" , ,"`), "user-1", created(onboarding.Report{}), ""},
		{"one label", providers.XGatewayKYC, with(`"kycRejectLabel":" BAD_SELFIE "`), "user-1", created(onboarding.Report{Reasons: []string{"BAD_SELFIE"}}), ""},
		{"a message of another type is none", providers.XGatewayKYC, with(`"kycEndUserErrorMessage":{"en":"no"}`), "user-1", created(onboarding.Report{}), ""},
		{"a message that is a huge number is none", providers.XGatewayKYC, with(`"kycEndUserErrorMessage":` + huge), "user-1", created(onboarding.Report{}), ""},
		{"depth and huge numbers beside it", providers.XGatewayKYC, with(`"a":` + nested(9000) + `,"b":` + huge + `,"docsMissing":[{"a":` + huge + `,"docType":"SELFIE","b":` + nested(9000) + `}]`), "user-1",
			created(onboarding.Report{DocsMissing: []string{"SELFIE"}}), ""},
		{"the last of two wins", providers.XGatewayKYC, `{"status":"CREATED","customerId":"user-1","status":null,"customerId":"user-2"}`,
			"user-2", sepa(onboarding.Report{Null: true}), ""},
		{"another case is another member", providers.XGatewayKYC, `{"customerid":"user-2","customerId":"user-1","status":"CREATED","STATUS":null}`,
			"user-1", created(onboarding.Report{}), ""},
	})
}

func TestXGatewayDecodeFaults(t *testing.T) {
	t.Parallel()
	with := func(member string) string { return `{"customerId":"user-1","status":"CREATED",` + member + `}` }
	cases := []fault{
		{"a missing status", providers.XGatewayKYC, `{"customerId":"user-1"}`, "user-1", providers.ErrMalformed},
		{"an empty status", providers.XGatewayKYC, `{"customerId":"user-1","status":""}`, "user-1", providers.ErrMalformed},
		{"a number for a status", providers.XGatewayKYC, `{"customerId":"user-1","status":0}`, "user-1", providers.ErrMalformed},
		{"a huge number for a status", providers.XGatewayKYC, `{"customerId":"user-1","status":` + huge + `}`, "user-1", providers.ErrMalformed},
		{"huge progress", providers.XGatewayKYC, with(`"kycProcessingStatus":` + huge), "user-1", providers.ErrMalformed},
		{"a huge label", providers.XGatewayKYC, with(`"kycRejectLabel":` + huge), "user-1", providers.ErrMalformed},
		{"huge documents", providers.XGatewayKYC, with(`"docsMissing":` + huge), "user-1", providers.ErrMalformed},
		{"a huge document", providers.XGatewayKYC, with(`"docsMissing":["SELFIE",` + huge + `]`), "user-1", providers.ErrMalformed},
		{"a document whose type is huge", providers.XGatewayKYC, with(`"docsMissing":[{"docType":` + huge + `}]`), "user-1", providers.ErrMalformed},
		{"documents of a depth", providers.XGatewayKYC, with(`"docsMissing":` + nested(9000)), "user-1", providers.ErrMalformed},
		{"a status in another case", providers.XGatewayKYC, `{"customerId":"user-1","Status":null}`, "user-1", providers.ErrMalformed},
		{"progress that is no text", providers.XGatewayKYC, with(`"kycProcessingStatus":true`), "user-1", providers.ErrMalformed},
		{"a label that is no text", providers.XGatewayKYC, with(`"kycRejectLabel":["BAD_SELFIE"]`), "user-1", providers.ErrMalformed},
		{"documents that are no list", providers.XGatewayKYC, with(`"docsMissing":"SELFIE"`), "user-1", providers.ErrMalformed},
		{"documents that are an object", providers.XGatewayKYC, with(`"docsMissing":{"docType":"SELFIE"}`), "user-1", providers.ErrMalformed},
		{"a document that is null", providers.XGatewayKYC, with(`"docsMissing":[null]`), "user-1", providers.ErrMalformed},
		{"a document that is a number", providers.XGatewayKYC, with(`"docsMissing":["SELFIE",1]`), "user-1", providers.ErrMalformed},
		{"a document without its type", providers.XGatewayKYC, with(`"docsMissing":[{"DocType":"SELFIE"}]`), "user-1", providers.ErrMalformed},
		{"a document whose type is null", providers.XGatewayKYC, with(`"docsMissing":[{"docType":null}]`), "user-1", providers.ErrMalformed},
		{"a customer that is a number", providers.XGatewayKYC, `{"customerId":394,"status":"CREATED"}`, "", providers.ErrMalformed},
		{"a customer that is a huge number", providers.XGatewayKYC, `{"customerId":` + huge + `,"status":"CREATED"}`, "", providers.ErrMalformed},

		{"no customer", providers.XGatewayKYC, `{"status":"CREATED"}`, "", onboarding.ErrUserID},
		{"an empty customer", providers.XGatewayKYC, `{"customerId":"","status":"CREATED"}`, "", onboarding.ErrUserID},
		{"half a surrogate pair", providers.XGatewayKYC, `{"customerId":"\ud800","status":"CREATED"}`, "", onboarding.ErrUserID},
		{"a control character", providers.XGatewayKYC, `{"customerId":"user\u009f","status":"CREATED"}`, "", onboarding.ErrUserID},

		{"a route of nobody", "transaction", `{"customerId":"user-1","status":"CREATED"}`, "", providers.ErrUnknown},
	}
	for _, text := range noObjects {
		cases = append(cases, fault{"no object in UTF-8: " + short(text), providers.XGatewayKYC, text, "", providers.ErrMalformed})
	}
	checkFaults(t, providers.XGateway{}, cases)
}

func TestXGatewayOurs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       bool
	}{
		{"kyc", `{"callbackType":"kyc"}`, true},
		{"absent", `{}`, true},
		{"null", `{"callbackType":null}`, true},
		{"a transaction", `{"callbackType":"transaction"}`, false},
		{"a bank account", `{"callbackType":"bank_account"}`, false},
		{"empty", `{"callbackType":""}`, false},
		{"another case", `{"callbackType":"KYC"}`, false},
		{"a number", `{"callbackType":1}`, false},
		{"a huge number", `{"callbackType":` + huge + `}`, false},
		{"kyc beside a huge number", `{"a":` + huge + `,"callbackType":"kyc"}`, true},
		{"too deep: left to Open", `{"callbackType":"transaction","a":` + nested(20000) + `}`, true},
		{"another name", `{"CallbackType":"transaction"}`, true},
		{"the last of two wins", `{"callbackType":"transaction","callbackType":"kyc"}`, true},
		{"no object: left to Open", `[]`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := (providers.XGateway{}).Ours([]byte(c.body)); got != c.want {
				t.Errorf("ours %t, want %t", got, c.want)
			}
		})
	}
}

func TestXGatewayOpen(t *testing.T) {
	t.Parallel()
	const id, hash = `"customerId":"demo_customer_id"`, `"hash":"` + demoHash + `"`
	rotated := []string{"other_secret", "test_secret"}
	for _, c := range []struct {
		name    string
		secrets []string
		body    string
		stored  string // "" when the sender is not proven
	}{
		{"first", rotated, `{` + hash + `, ` + id + `}`, `{` + id + `}`},
		{"last", rotated, "{\n  " + id + ",\n  " + hash + "\n}", "{\n  " + id + "\n}"},
		{"between", rotated, `{"a":1 , ` + hash + ` ,` + id + `,"b": [ 2.0 ]}`, `{"a":1 , ` + id + `,"b": [ 2.0 ]}`},
		{"the only secret", rotated[1:], `{` + id + `,` + hash + `}`, `{` + id + `}`},
		{"twice: the last counts, both go", rotated, `{"hash":"","x":1,` + hash + `,` + id + `}`, `{"x":1,` + id + `}`},
		{"in escapes", rotated, `{"h\u0061sh":"` + demoHash + `",` + id + `}`, `{` + id + `}`},
		{"value in escapes", rotated, `{"hash":"` + strings.ReplaceAll(demoHash, "/", `\/`) + `",` + id + `}`, `{` + id + `}`},
		{"one of another case or place stays", rotated, `{"Hash":1,"a":{"hash":2},` + hash + `,` + id + `}`, `{"Hash":1,"a":{"hash":2},` + id + `}`},
		{"numbers and spaces stay", rotated, " { " + id + " , \"n\" : 1e3 , " + hash + " , \"m\":-0 } \n", " { " + id + " , \"n\" : 1e3 , \"m\":-0 } \n"},
		{"the last customer counts", rotated, `{"customerId":"user-2",` + id + `,` + hash + `}`, `{"customerId":"user-2",` + id + `}`},
		{"a huge number stays", rotated, `{"n":` + huge + `,` + hash + `,` + id + `}`, `{"n":` + huge + `,` + id + `}`},
		{"depth stays", rotated, `{` + id + `,` + hash + `,"n":` + nested(9000) + `}`, `{` + id + `,"n":` + nested(9000) + `}`},

		{"the last customer is another", rotated, `{` + id + `,"customerId":"user-2",` + hash + `}`, ""},
		{"the last hash is another", rotated, `{` + id + `,` + hash + `,"hash":""}`, ""},
		{"the customer in another case", rotated, `{"CustomerId":"demo_customer_id",` + hash + `}`, ""},
		{"another secret", rotated[:1], `{` + id + `,` + hash + `}`, ""},
		{"no secret configured", nil, `{` + id + `,` + hash + `}`, ""},
		{"an empty secret configured", []string{""}, `{"customerId":"user-1","hash":"` + xgatewayHash("user-1", "") + `"}`, ""},
		{"no hash", rotated, `{` + id + `}`, ""},
		{"a null hash", rotated, `{` + id + `,"hash":null}`, ""},
		{"a hash that is a number", rotated, `{` + id + `,"hash":1}`, ""},
		{"a hash without padding", rotated, `{` + id + `,"hash":"` + strings.TrimRight(demoHash, "=") + `"}`, ""},
		{"a hash in another case", rotated, `{` + id + `,"hash":"` + strings.ToLower(demoHash) + `"}`, ""},
		{"a hash that is a huge number", rotated, `{` + id + `,"hash":` + huge + `}`, ""},
		{"no customer", rotated, `{` + hash + `}`, ""},
		{"a null customer", rotated, `{"customerId":null,"hash":"` + xgatewayHash("", "test_secret") + `"}`, ""},
		{"a customer that is a number", rotated, `{"customerId":7,"hash":"` + xgatewayHash("7", "test_secret") + `"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stored, proven, err := providers.XGateway{Secrets: c.secrets}.Open([]byte(c.body))
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			if proven != (c.stored != "") || string(stored) != c.stored {
				t.Errorf("proven %t, stored\n%s, want\n%s", proven, stored, c.stored)
			}
		})
	}
	if !(providers.XGateway{}).Authorize(http.Header{}) {
		t.Error("shut out before the body is read")
	}
}

func TestXGatewayOpenMalformed(t *testing.T) {
	t.Parallel()
	for _, text := range noObjects {
		t.Run(short(text), func(t *testing.T) {
			t.Parallel()
			stored, proven, err := providers.XGateway{Secrets: []string{"test_secret"}}.Open([]byte(text))
			if stored != nil || proven {
				t.Errorf("opened %q, %t", stored, proven)
			}
			if !errors.Is(err, providers.ErrMalformed) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// FuzzXGatewayOurs holds that a body is another's, which is answered and not stored,
// only where it can be read and says so: it has a callbackType that is neither null
// nor kyc.
func FuzzXGatewayOurs(f *testing.F) {
	for _, body := range append(seeds(f, providers.XGateway{}), bytesOf(append(slices.Clone(odd), objects...))...) {
		f.Add(body)
	}
	for _, body := range []string{
		`{"callbackType":"transaction"}`, `{"callbackType":"KYC"}`, `{"callbackType":"k\u0079c"}`, `{"callb\u0061ckType":"bank_account"}`, `{"callbackType":""}`,
		`{"callbackType":"transaction","callbackType":"kyc"}`, `{"callbackType":"kyc","callbackType":null}`, `{"callbackType":{"callbackType":"kyc"}}`,
		`{"a":{"callbackType":"transaction"}}`, `{"CallbackType":"transaction"}`, `{"callbackType":` + huge + `}`, "{\"callbackType\":\"a\xff\"}",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var members map[string]json.RawMessage
		readable := utf8.Valid(body) && json.Unmarshal(body, &members) == nil && members != nil
		var kind any = "kyc"
		if raw, found := members["callbackType"]; readable && found {
			d := json.NewDecoder(bytes.NewReader(raw))
			d.UseNumber()
			if err := d.Decode(&kind); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := (providers.XGateway{}).Ours(body), !readable || kind == nil || kind == "kyc"; got != want {
			t.Fatalf("ours %t, want %t", got, want)
		}
	})
}

// FuzzXGatewayVerify holds that the right hash and nothing else proves a sender,
// and that the stored body has no hash and reads as what came.
func FuzzXGatewayVerify(f *testing.F) {
	for _, body := range append(seeds(f, providers.XGateway{}), bytesOf(odd)...) {
		f.Add("test_secret", body)
	}
	for _, body := range []string{
		`{"hash":"","customerId":"demo_customer_id","h\u0061sh":"` + demoHash + `"}`,
		`{"hash":"` + demoHash + `" , "n" : 1 ,"hash":"` + demoHash + `","customerId":"demo_customer_id","status":null}`,
	} {
		f.Add("test_secret", []byte(body))
	}
	f.Fuzz(func(t *testing.T, secret string, body []byte) {
		x := providers.XGateway{Secrets: []string{secret}}
		stored, proven, err := x.Open(body)
		if proven {
			checkOpened(t, x, body, stored)
			return
		}
		if err != nil {
			return
		}
		// A JSON object whose sender is not proven: with the right hash he is.
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			t.Fatalf("Open read what is no object: %v", err)
		}
		var id string
		if raw := members["customerId"]; len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &id) != nil {
			return
		}
		quoted, err := json.Marshal(xgatewayHash(id, secret))
		if err != nil {
			t.Fatal(err)
		}
		signed := bytes.TrimRight(body, " \t\r\n")
		signed = append(append(append(signed[:len(signed)-1:len(signed)-1], `,"hash":`...), quoted...), '}')
		stored, proven, err = x.Open(signed)
		if err != nil || proven != (secret != "") {
			t.Fatalf("with its hash proven %t, %v", proven, err)
		}
		if proven {
			checkOpened(t, x, signed, stored)
		}
	})
}

func checkOpened(t *testing.T, x providers.XGateway, body, stored []byte) {
	t.Helper()
	var before, after map[string]json.RawMessage
	if err := json.Unmarshal(body, &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(stored, &after); err != nil {
		t.Fatalf("stored %q: %v", stored, err)
	}
	if _, ok := after["hash"]; ok {
		t.Fatalf("the hash is stored: %q", stored)
	}
	delete(before, "hash")
	if !reflect.DeepEqual(before, after) || !utf8.Valid(stored) {
		t.Fatalf("stored %q of %q", stored, body)
	}
	user, report, err := x.Decode(providers.XGatewayKYC, body)
	user2, report2, err2 := x.Decode(providers.XGatewayKYC, stored)
	if user != user2 || !reflect.DeepEqual(report, report2) || (err == nil) != (err2 == nil) {
		t.Fatalf("came %#v, %v; stored %#v, %v", report, err, report2, err2)
	}
}
