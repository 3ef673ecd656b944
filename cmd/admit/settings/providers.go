package settings

import (
	"net"
	"net/url"
	"slices"
	"strconv"

	"admit/onboarding"
)

// API is how a provider's API is asked.
type API struct {
	URL string
	Key string
}

// The names of the settings of the providers' APIs, but for _URL and _KEY.
const (
	p100API     = "ADMIT_P100_API"
	xgatewayAPI = "ADMIT_XGATEWAY_API"
)

// trustCallbacks is the setting by which a merchant accepts XGateway's callbacks as
// they are.
const trustCallbacks = "ADMIT_XGATEWAY_TRUST_CALLBACKS"

// providersOn names the providers that are on.
func providersOn(getenv func(string) string) []string {
	if names := getenv("ADMIT_PROVIDERS"); names != "" {
		return list(names)
	}
	return []string{"p100", "xgateway"}
}

// defaultPolicy returns the policy that is built in, with the APIs that the
// environment names: which are asked is part of what decides about users. Where
// XGateway is off, with no API to ask, what a callback of it said is believed no
// sooner than while it was on.
func defaultPolicy(getenv func(string) string) onboarding.Policy {
	p := onboarding.DefaultPolicy()
	for _, check := range onboarding.Checks {
		if !slices.Contains(providersOn(getenv), onboarding.ProviderOf(check)) {
			p.Off = append(p.Off, check)
		}
	}
	set := func(name string) bool { return getenv(name+"_URL") != "" || getenv(name+"_KEY") != "" }
	if set(p100API) {
		p.APIs = append(p.APIs, onboarding.KYC)
	}
	trust, _ := strconv.ParseBool(getenv(trustCallbacks)) // one that is neither is told of with the other settings
	switch {
	case set(xgatewayAPI):
		p.APIs, p.Confirm = append(p.APIs, onboarding.SEPAKYC), append(p.Confirm, onboarding.SEPAKYC)
	case !trust && slices.Contains(p.Off, onboarding.SEPAKYC):
		p.Confirm = append(p.Confirm, onboarding.SEPAKYC)
	}
	return p
}

// api reads how an API is asked, nil where it is not. What is wrong counts as missing.
func (e *env) api(name string) *API {
	a := API{URL: e.get(name + "_URL"), Key: e.get(name + "_KEY")}
	switch {
	case a == API{}:
		return nil
	case a.URL == "":
		e.bad(name+"_URL", "is needed beside %s_KEY: where the provider's API is", name)
	case a.Key == "":
		e.bad(name+"_KEY", "is needed beside %s_URL: the key that the provider gave out for its API", name)
	}
	// Whether the rest of it can be used, the client of the API tells.
	if u, err := url.Parse(a.URL); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		e.bad(name+"_URL", "must begin with https://: the key would be sent in the clear; http:// is for this machine's own addresses")
		a.URL = ""
	}
	return &a
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// providers reads which providers are on. The listener needs what they prove
// themselves with; the worker, which believes what they say, needs to know whether
// a callback of XGateway's is enough.
func (s *Settings) providers(e *env, role Role) {
	s.Providers = providersOn(e.get)
	s.P100Tokens, s.XGateway = list(e.get("ADMIT_P100_TOKENS")), list(e.get("ADMIT_XGATEWAY_SECRETS"))
	trust := e.bool(trustCallbacks, false)
	if len(s.Providers) == 0 {
		e.bad("ADMIT_PROVIDERS", "names no provider; the providers are p100 and xgateway")
	}
	for i, p := range s.Providers {
		switch {
		case slices.Contains(s.Providers[:i], p):
			e.bad("ADMIT_PROVIDERS", "names %s twice", p)
		case p == "p100":
			if role.Ingress && len(s.P100Tokens) == 0 {
				e.bad("ADMIT_P100_TOKENS", "is needed while p100 is on: the tokens that P100 sends in the Authorization header, separated by commas")
			}
		case p == "xgateway":
			if role.Ingress && len(s.XGateway) == 0 {
				e.bad("ADMIT_XGATEWAY_SECRETS", "is needed while xgateway is on: the secret keys that XGateway hashes with, separated by commas")
			}
			if role.Worker && !trust {
				s.confirmed(e)
			}
		default:
			e.bad("ADMIT_PROVIDERS", "names %q; the providers are p100 and xgateway", p)
		}
	}
}

// confirmed holds that no callback of XGateway's lets anybody in by itself.
func (s *Settings) confirmed(e *env) {
	const why = "the hash of a callback does not cover its status, so whoever saw one callback of a customer could forge a FULL_USER"
	switch {
	case s.XGatewayAPI == nil:
		e.bad(trustCallbacks, "must be true while xgateway is on and %s_URL and _KEY are not set, by which its API would confirm it: %s; true says that you accept this", xgatewayAPI, why)
	case !slices.Contains(s.Policy.Confirm, onboarding.SEPAKYC):
		e.bad("policy.confirm", "leaves out sepa_kyc: %s; %s=true says that you accept this", why, trustCallbacks)
	}
}
