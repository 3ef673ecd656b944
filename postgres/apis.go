package postgres

import "admit/onboarding"

// api is a provider's API, which answers for one check.
type api struct {
	check    onboarding.Check
	provider string
	target   string // of the questions to it
}

var apis = [...]api{
	{onboarding.KYC, "p100", onboarding.P100Target},
	{onboarding.SEPAKYC, "xgateway", onboarding.XGatewayTarget},
}

// apiOf returns the API that a target asks; false when it is none.
func apiOf(target string) (api, bool) {
	for _, a := range apis {
		if a.target == target {
			return a, true
		}
	}
	return api{}, false
}

// asks says whether a target is a provider's API. It is asked in shadow mode, too.
func asks(target string) bool {
	_, yes := apiOf(target)
	return yes
}
