package admin

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// Decoder decrypts what Temporal keeps.
type Decoder interface {
	// Decode returns the payloads decrypted, in their order, and those that are not
	// encrypted as they are. Its error quotes nothing of what is in them; one that has
	// a method MissingKey() string returns there the ID of the key that is not there.
	Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error)
}

// codecPath is what Temporal's UI and CLI make of the endpoint /codec.
const codecPath = "/codec/decode"

// maxCodecBody is the length of the longest list of payloads, in bytes: a page of a
// history in the UI.
const maxCodecBody = 4 << 20

var noPayloads = &refusal{status: http.StatusBadRequest, code: "malformed", detail: "The body is no list of payloads in Temporal's JSON."}

// routeCodec serves the codec and describes it. It is not the API library's, which
// knows nothing of Temporal's JSON, and Temporal's UI adds parameters of its own.
func (s *Server) routeCodec(api *huma.OpenAPI) {
	s.router.Method(http.MethodPost, codecPath, http.HandlerFunc(s.decode))
	s.router.Method(http.MethodGet, codecPath, http.HandlerFunc(s.signIn))
	schemas := api.Components.Schemas
	payloads := map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: huma.TypeObject, Description: "Temporal's Payloads as JSON"}}}
	decode := s.operation("decode-payloads", http.MethodPost, codecPath, RoleRead, schemas)
	delete(decode.Responses, "503")
	decode.Summary, decode.Tags = "Decrypt payloads for Temporal's UI and CLI", []string{tagProcess}
	decode.Description = "Takes and returns Temporal's Payloads as JSON, at most 4 MiB; one that is not encrypted comes back as it is. " +
		"The endpoint to give to Temporal's UI and CLI ends in /codec. Also takes the token as the password of Basic authentication."
	decode.RequestBody = &huma.RequestBody{Required: true, Content: payloads}
	decode.Responses["200"] = &huma.Response{Description: "Decrypted", Content: payloads}
	api.AddOperation(&decode)
	sign := s.operation("sign-in-to-codec", http.MethodGet, codecPath, RoleRead, schemas)
	delete(sign.Responses, "422")
	delete(sign.Responses, "503")
	sign.Summary, sign.Tags = "Sign a browser in for decrypting", []string{tagProcess}
	sign.Description = "To be opened in a browser, which asks for a name, any, and a password, the token, and sends them with what the Temporal UI has decrypted."
	sign.Responses["200"] = &huma.Response{Description: "Signed in", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{}}}}
	api.AddOperation(&sign)
}

// decode decrypts payloads. A caller is told which of them cannot be, and the ID of
// the key that is missing, which he sent himself.
func (s *Server) decode(w http.ResponseWriter, r *http.Request) {
	if !s.mayDecode(w, r, `Bearer realm="admit"`) {
		return
	}
	body, why := s.read(w, r, maxCodecBody)
	if why != nil {
		refuse(w, r, why)
		return
	}
	sent := &commonpb.Payloads{}
	if (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, sent) != nil {
		refuse(w, r, noPayloads)
		return
	}
	opened := &commonpb.Payloads{}
	for i, p := range sent.GetPayloads() {
		plain, err := s.decoder.Decode([]*commonpb.Payload{p})
		if err != nil {
			exchangeOf(r.Context()).err = err
			refuse(w, r, invalid(fault{Location: fmt.Sprintf("body.payloads[%d]", i), Message: whyUnreadable(err)}))
			return
		}
		opened.Payloads = append(opened.Payloads, plain...)
	}
	answer, err := protojson.Marshal(opened)
	if err != nil {
		exchangeOf(r.Context()).err = err
		refuse(w, r, broken)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// A caller that has gone away is told nothing.
	_, _ = w.Write(answer)
}

func whyUnreadable(err error) string {
	var missing interface{ MissingKey() string }
	if errors.As(err, &missing) && missing.MissingKey() != "" {
		return fmt.Sprintf("is encrypted with the key %q, which is not among ADMIT_ENCRYPTION_KEYS", missing.MissingKey())
	}
	return "cannot be decrypted"
}

// signIn has a browser ask for a token. Browsers keep it for what is below this
// path, so that the Temporal UI, which has none to send, can have payloads decoded.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	if !s.mayDecode(w, r, `Basic realm="admit", charset="UTF-8"`) {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	// As above.
	_, _ = w.Write([]byte("This browser may now have payloads decrypted for the Temporal UI.\n"))
}

// mayDecode answers a request that proves no token, with a challenge.
func (s *Server) mayDecode(w http.ResponseWriter, r *http.Request, challenge string) bool {
	token, proven := s.bearer(r.Header)
	if !proven {
		token, proven = s.basic(r)
	}
	if !proven {
		w.Header().Set("WWW-Authenticate", challenge)
		refuse(w, r, unauthorized)
		return false
	}
	exchangeOf(r.Context()).actor = token.Name
	if !token.Role.may(RoleRead) {
		refuse(w, r, forbidden)
		return false
	}
	return true
}

// allowOrigin lets the pages of one origin, the Temporal UI's, have payloads
// decoded, and answers what their browser asks before. Without an origin no page of
// another may.
func (s *Server) allowOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.codecOrigin == "" || r.URL.Path != codecPath {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Add("Vary", "Origin")
		if r.Header.Get("Origin") != s.codecOrigin {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", s.codecOrigin)
		h.Set("Access-Control-Allow-Credentials", "true")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", http.MethodPost)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Namespace")
		h.Set("Access-Control-Max-Age", "600")
		exchangeOf(r.Context()).quiet = true
		w.WriteHeader(http.StatusNoContent)
	})
}
