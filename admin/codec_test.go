package admin_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"admit/admin"
)

const codecPath = "/codec/decode"

// lost is the error of a payload whose key is not there.
type lost string

func (l lost) Error() string      { return "no key " + string(l) }
func (l lost) MissingKey() string { return string(l) }

// turned is a Decoder that turns the data of a payload around, unless it names a key
// that is lost or is damaged.
type turned struct{}

func (turned) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	var opened []*commonpb.Payload
	for _, p := range payloads {
		switch id := string(p.GetMetadata()["key"]); id {
		case "old":
			return nil, lost(id)
		case "damaged":
			return nil, errors.New("damaged")
		}
		data := slices.Clone(p.GetData())
		slices.Reverse(data)
		opened = append(opened, &commonpb.Payload{Metadata: p.GetMetadata(), Data: data})
	}
	return opened, nil
}

// payloads returns a body as Temporal's UI and CLI send it, with a payload for each
// key.
func payloads(t *testing.T, data string, keys ...string) string {
	t.Helper()
	var sent commonpb.Payloads
	for _, k := range keys {
		sent.Payloads = append(sent.Payloads, &commonpb.Payload{Metadata: map[string][]byte{"key": []byte(k)}, Data: []byte(data)})
	}
	body, err := json.Marshal(&sent)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestDecode(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	for _, c := range []struct {
		name, token, body string
		status            int
		code, where, says string
	}{
		{"one", readToken, payloads(t, "olleh", "new"), 200, "", "", `"data":"aGVsbG8="`},
		{"none", readToken, `{"payloads":[]}`, 200, "", "", "{}"},
		{"an operator's", operateToken, payloads(t, "olleh", "new"), 200, "", "", `"data":"aGVsbG8="`},
		{"fields of a later Temporal", readToken, `{"payloads":[{"data":"b2xsZWg=","later":[1]}],"later":true}`, 200, "", "", `"data":"aGVsbG8="`},
		{"no token", "", payloads(t, "olleh", "new"), 401, "unauthorized", "", ""},
		{"a made-up token", "made-up-token-0001", payloads(t, "olleh", "new"), 401, "unauthorized", "", ""},
		{"no JSON", readToken, "secret-text", 400, "malformed", "", ""},
		{"no payloads", readToken, `{"payloads":"secret-text"}`, 400, "malformed", "", ""},
		{"no base64", readToken, `{"payloads":[{"data":"!"}]}`, 400, "malformed", "", ""},
		{"a null", readToken, `{"payloads":[null]}`, 400, "malformed", "", ""},
		{"a lost key", readToken, payloads(t, "secret-text", "new", "old"), 422, "invalid", "body.payloads[1]", `the key "old", which is not among ADMIT_ENCRYPTION_KEYS`},
		{"damaged", readToken, payloads(t, "secret-text", "damaged"), 422, "invalid", "body.payloads[0]", "cannot be decrypted"},
		{"the largest", readToken, payloads(t, strings.Repeat("x", 3<<20-1<<10), "new"), 200, "", "", "xx"},
		{"too large", readToken, payloads(t, strings.Repeat("x", 3<<20+1<<16), "new"), 413, "too_large", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := s.ask("POST", codecPath+"?preserveStorageRefs=true", c.token, c.body)
			if c.status == 200 {
				compact := strings.ReplaceAll(w.Body.String(), " ", "")
				if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || c.says != "xx" && !strings.Contains(compact, c.says) {
					t.Errorf("%d %.200s", w.Code, w.Body)
				}
				return
			}
			p := wantProblem(t, w, c.status, c.code)
			if strings.Join(p.locations(), " ") != c.where || c.where != "" && !strings.Contains(p.Errors[0].Message, c.says) {
				t.Errorf("problem %+v", p)
			}
		})
	}
	wantProblem(t, s.ask("POST", "/codec/encode", adminToken, payloads(t, "x", "new")), 404, "not_found")
	wantProblem(t, s.ask("PUT", codecPath, adminToken, ""), 405, "method_not_allowed")
	wantProblem(t, s.ask("OPTIONS", codecPath, "", ""), 405, "method_not_allowed")
}

// TestDecodeLogsNoPayload holds what a log line says of it.
func TestDecodeLogsNoPayload(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore(), admin.Limits{})
	s.ask("POST", codecPath, readToken, payloads(t, "txet-terces", "new"))
	s.ask("POST", codecPath, readToken, payloads(t, "secret-text", "old"))
	s.ask("POST", codecPath, readToken, "secret-text")
	log := s.logged()
	if strings.Contains(log, "secret-text") || strings.Contains(log, "c2VjcmV0") || !strings.Contains(log, `"actor":"viewer"`) ||
		!strings.Contains(log, `"error":"no key old"`) || strings.Count(log, "\n") != 3 {
		t.Errorf("logged %s", log)
	}
}

// TestDecodeAsTheCLI asks as the SDK's client of such an endpoint does, which is the
// CLI's.
func TestDecodeAsTheCLI(t *testing.T) {
	t.Parallel()
	addr := serve(t, newSetup(t, newStore(), admin.Limits{}))
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: "http://" + addr + "/codec",
		ModifyRequest: func(r *http.Request) error {
			r.Header.Set("X-Namespace", "default")
			r.Header.Set("Authorization", "Bearer "+readToken)
			return nil
		},
	})
	got, err := remote.Decode([]*commonpb.Payload{{Data: []byte("olleh")}, {Data: []byte{0xff, 0}}})
	if err != nil || len(got) != 2 || string(got[0].GetData()) != "hello" || string(got[1].GetData()) != "\x00\xff" {
		t.Errorf("%v, %v", got, err)
	}
}

// TestBasicAuthentication holds that a browser gets in with a token as its password,
// there and nowhere else.
func TestBasicAuthentication(t *testing.T) {
	t.Parallel()
	s := newSetup(t, newStore("user-1"), admin.Limits{})
	for _, c := range []struct {
		name, method, path, password string
		status                       int
		challenge                    string
	}{
		{"signed in", "GET", codecPath, readToken, 200, ""},
		{"a token with colons", "GET", codecPath, operateToken, 200, ""},
		{"decoding", "POST", codecPath, readToken, 200, ""},
		{"without", "GET", codecPath, "", 401, "Basic "},
		{"a made-up token", "GET", codecPath, "made-up-token-0001", 401, "Basic "},
		{"decoding without", "POST", codecPath, "", 401, "Bearer "},
		{"anything else", "GET", "/v1/onboardings/user-1", readToken, 401, "Bearer "},
		{"a command", "POST", commandsPath, operateToken, 401, "Bearer "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, c.path, strings.NewReader("{}"))
			if c.password != "" {
				r.SetBasicAuth("anybody", c.password)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			if w.Code != c.status || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), c.challenge) {
				t.Errorf("%d %v", w.Code, w.Header())
			}
		})
	}
}

// TestOrigin holds that the pages of one origin are let in, where one is set, and to
// the codec alone.
func TestOrigin(t *testing.T) {
	t.Parallel()
	const ui = "http://localhost:8233"
	with, without := newSetup(t, newStore(), admin.Limits{}), newSetup(t, newStore(), admin.Limits{})
	parsed, err := admin.ParseTokens(tokens)
	if err != nil {
		t.Fatal(err)
	}
	with.Server, err = admin.New(admin.Options{Tokens: parsed, Store: with.store, Commander: with.store, Ringer: with.store,
		Metrics: http.NotFoundHandler(), Logger: discard(), Decoder: turned{}, CodecOrigin: ui})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		s            *setup
		method, path string
		origin       string
		status       int
		allowed      string
	}{
		{"asks before", with, "OPTIONS", codecPath, ui, 204, ui},
		{"asks", with, "POST", codecPath, ui, 200, ui},
		{"another asks before", with, "OPTIONS", codecPath, "https://example.com", 405, ""},
		{"another asks", with, "POST", codecPath, "https://example.com", 200, ""},
		{"no page", with, "POST", codecPath, "", 200, ""},
		{"asks for something else before", with, "OPTIONS", "/v1/onboardings", ui, 405, ""},
		{"asks for something else", with, "GET", "/v1/onboardings", ui, 200, ""},
		{"asks before, without the setting", without, "OPTIONS", codecPath, ui, 405, ""},
		{"asks, without the setting", without, "POST", codecPath, ui, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(c.method, c.path, strings.NewReader("{}"))
			if c.method != "OPTIONS" {
				r.Header.Set("Authorization", "Bearer "+readToken)
			}
			r.Header.Set("Origin", c.origin)
			w := httptest.NewRecorder()
			c.s.Handler().ServeHTTP(w, r)
			h := w.Header()
			if w.Code != c.status || h.Get("Access-Control-Allow-Origin") != c.allowed || (h.Get("Access-Control-Allow-Credentials") == "true") != (c.allowed != "") {
				t.Errorf("%d %v", w.Code, h)
			}
			if c.status == 204 && !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Content-Type, X-Namespace") {
				t.Errorf("headers %v", h)
			}
		})
	}
}
